package import Core
package import Tokenization

/// A prompt of an exact number of tokens and what its answer must contain.
package struct RulerPrompt: Hashable, Sendable {
  package let tokens: [TokenID]
  /// Not empty.
  package let references: [String]
}

/// Builds samples of exact length, prompt and answer together.
///
/// A sample takes the largest size that fits, as in RULER. What is left is less than one more sentence, line, word or
/// document; the end of one that did not fit fills it, before the context. RULER leaves it empty.
package struct RulerPromptBuilder: Sendable {
  private let tokenizer: Tokenizer
  private let frame: RulerFrame
  private let essay: [String]
  private let documents: [RulerTask: RulerDocuments]
  private let seed: UInt64

  /// - Parameters:
  ///   - essay: the text that hides most needles.
  ///   - documents: of the tasks that need them.
  /// - Throws: `RetrievalRefusal` when the essay has no words.
  package init(
    tokenizer: Tokenizer, frame: RulerFrame, essay: String, documents: [RulerTask: RulerDocuments], seed: UInt64
  ) throws(RetrievalRefusal) {
    self.essay = FillerText.sentences(of: essay)
    guard !self.essay.isEmpty else { throw RetrievalRefusal("the text that hides the needles has no words") }
    (self.tokenizer, self.frame, self.documents, self.seed) = (tokenizer, frame, documents, seed)
  }

  /// - Parameters:
  ///   - length: tokens of prompt and answer together; the prompt has `task.answerTokenCount` fewer.
  ///   - sample: from 0; distinguishes prompts of the same task and length.
  /// - Throws: `RetrievalRefusal` where the smallest sample is longer, and for a sample that has no question.
  package func prompt(_ task: RulerTask, length: Int, sample number: Int) throws(RetrievalRefusal) -> RulerPrompt {
    let room = length - task.answerTokenCount
    for sample in try samples(task, length: length, number) {
      guard let size = LargestFit(sizes: sample.sizes, room: room, length: { count(sample, size: $0) }).size else {
        continue
      }
      let layout = sample.layout(size: size)
      return RulerPrompt(
        tokens: try filled(parts(of: layout), layout, room: room), references: sample.references)
    }
    try check(task, length: length, sample: number)
    throw RetrievalRefusal("\(task.rawValue) has no text of \(length) tokens")
  }

  /// - Throws: what `prompt` throws, at the cost of the smallest size.
  package func check(_ task: RulerTask, length: Int, sample number: Int) throws(RetrievalRefusal) {
    let shortest = try samples(task, length: length, number).map { count($0, size: $0.sizes.lowerBound) }.min() ?? 0
    guard shortest + task.answerTokenCount <= length else {
      throw RetrievalRefusal(
        "\(length) tokens are too few for \(task.rawValue): its shortest text and its answer need "
          + "\(shortest + task.answerTokenCount); pass larger --lengths, or --tasks without it")
    }
  }

  private func count(_ sample: any RulerSample, size: Int) -> Int { parts(of: sample.layout(size: size)).count }

  /// The sample in the forms it may take; the first that fits is taken.
  private func samples(
    _ task: RulerTask, length: Int, _ number: Int
  ) throws(RetrievalRefusal) -> [any RulerSample] {
    let draws = SeededRandom(seed: seed, RulerTask.allCases.firstIndex(of: task) ?? 0, length, number)
    switch task {
    case .variables:
      return [VariableSample(exampleSize: exampleSize(length: length), draws: draws)]
    case .commonWords:
      let syllables = length <= 1 << 16 ? 2 : 3
      let forms: [CommonWordsSample.Repeats] = length < 4096 ? [.short] : [.long, .short]
      return forms.map { CommonWordsSample($0, syllables: syllables, draws: draws) }
    case .frequentWords:
      return [FrequentWordsSample(room: length - task.answerTokenCount, draws: draws)]
    case .squad, .hotpot:
      guard let data = documents[task], number < data.questions.count else {
        throw RetrievalRefusal(
          "\(task.rawValue) has \(documents[task]?.questions.count ?? 0) questions, too few for sample \(number + 1); "
            + "pass a smaller --samples")
      }
      return [DocumentSample(data.questions[number], of: data.documents, draws: draws)]
    default:
      return [NeedleSample(task.needles, essay: essay, draws: draws)]
    }
  }

  /// Lines of noise in the example of variable tracking: as many as give it 500 tokens, fewer in short texts.
  private func exampleSize(length: Int) -> Int {
    let line = tokenizer.encode(RetrievalWording.filler + "\n", addingBegin: false, parsingSpecial: false).count
    // An example without noise has some 150 tokens.
    return max(5, min(350, length / 12) / max(1, line))
  }

  /// The prompt's two parts: up to the context, and from it on.
  private struct Parts {
    let first: [TokenID]
    let second: [TokenID]
    var count: Int { first.count + second.count }
  }

  private func parts(of layout: RulerLayout) -> Parts {
    let opening = TextSegment(layout.opening, parsesSpecial: false)
    let continues = layout.seam == .blank && !tokenizer.addsSpacePrefix
    let context = TextSegment(
      (continues ? " " : "") + layout.context + layout.question, parsesSpecial: false)
    let prefix = (frame.after.isEmpty ? " " : "") + layout.answerPrefix
    return Parts(
      first: tokenizer.encode(frame.before + [opening], addingBegin: tokenizer.addsBeginToken),
      second: tokenizer.encode(
        [context] + frame.after + [TextSegment(prefix, parsesSpecial: false)], addingBegin: false))
  }

  private func filled(_ parts: Parts, _ layout: RulerLayout, room: Int) throws(RetrievalRefusal) -> [TokenID] {
    let unit =
      layout.seam == .blank
      ? ContinuingText(tokenizer).tokens(of: layout.filling)
      : tokenizer.encode(layout.filling, addingBegin: false, parsingSpecial: false)
    let missing = room - parts.count
    guard missing == 0 || !unit.isEmpty else {
      throw RetrievalRefusal("the tokenizer gives no tokens for '\(layout.filling.prefix(60))'")
    }
    var filling: [TokenID] = []
    while filling.count < missing { filling += unit }
    return parts.first + filling.suffix(missing) + parts.second
  }
}

extension RulerTask {
  fileprivate var needles: NeedleSample.Shape {
    switch self {
    case .singleNoise: NeedleSample.Shape(haystack: .noise)
    case .singleCode: NeedleSample.Shape(hasCodeValues: true)
    case .fourKeys: NeedleSample.Shape(keyCount: 4)
    case .manyKeys: NeedleSample.Shape(haystack: .needles)
    case .manyCodes: NeedleSample.Shape(haystack: .needles, hasCodeKeys: true, hasCodeValues: true)
    case .fourValues: NeedleSample.Shape(valueCount: 4)
    case .fourQueries: NeedleSample.Shape(keyCount: 4, queryCount: 4)
    default: NeedleSample.Shape()
    }
  }
}
