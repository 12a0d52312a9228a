/// A question of a data set among documents: those it was made for, and others until the text is long enough.
struct DocumentSample: RulerSample {
  let references: [String]
  let sizes: ClosedRange<Int>
  private let question: String
  /// The question's own, those of the same article, then the others in random order.
  private let documents: [String]
  private let ownCount: Int
  private let draws: SeededRandom

  init(_ question: RulerDocuments.Question, of documents: [String], draws start: SeededRandom) {
    var draws = start
    let first = question.documents
    var near = question.relatedDocuments
    near.shuffle(by: &draws)
    let taken = Set(first + near)
    var others = documents.indices.filter { !taken.contains($0) }
    others.shuffle(by: &draws)
    self.documents = (first + near + others).map { documents[$0] }
    self.question = question.text
    references = question.answers
    ownCount = first.count
    sizes = first.count...(1 << 20)
    self.draws = draws
  }

  func layout(size: Int) -> RulerLayout {
    var draws = draws
    // Fewer documents than the length needs are repeated.
    var chosen = (0..<size).map { documents[$0 % documents.count] }
    chosen.shuffle(by: &draws)
    let next = size % documents.count
    return RulerLayout(
      opening: "Answer the question from the documents below, with the answer only and no other word.\n\n",
      filling: (next < ownCount ? RetrievalWording.filler : documents[next]) + "\n\n", seam: .line,
      context: chosen.enumerated().map { "Document \($0.offset + 1):\n\($0.element)" }.joined(separator: "\n\n"),
      question: "\n\nAnswer the question from the documents above, with the answer only and no other word.\n\n"
        + "Question: \(question)",
      answerPrefix: "Answer:")
  }
}
