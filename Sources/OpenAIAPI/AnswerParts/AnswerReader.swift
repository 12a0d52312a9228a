/// Takes an answer apart into content, thoughts and calls while it is written. A pure state machine over text.
///
/// No text is lost: a block that holds no call of a declared tool is content, marks included. Blanks between parts are.
struct AnswerReader: Sendable {
  private enum State: Sendable {
    case content
    case thought(AnswerMarks.Thought)
    case block(opening: String, any ToolCallForm)
  }

  private let marks: AnswerMarks
  private let tools: [ToolDeclaration]
  private var scanner = MarkScanner()
  private var state: State
  /// The text of the open block so far.
  private var block = ""
  /// Blanks that are content only if more content follows them.
  private var blanks = ""
  private var hasContent = false
  /// Whether a part of another kind came last, so that blanks separate and are no content.
  private var followsPart = false
  private(set) var callCount = 0

  /// - Parameter opensThought: the opening mark with which the prompt already began a thought; nil for none.
  init(marks: AnswerMarks, tools: [ToolDeclaration], opensThought: String? = nil) {
    self.marks = marks
    self.tools = tools
    state = marks.thoughts.first { $0.opening == opensThought }.map { .thought($0) } ?? .content
  }

  mutating func append(_ text: String) -> [AnswerPart] {
    scanner.append(text)
    var parts: [AnswerPart] = []
    while true {
      switch scanner.next(currentMarks) {
      case .text(let text):
        take(text, into: &parts)
        return parts
      case .mark(let before, let mark):
        take(before, into: &parts)
        take(mark: mark, into: &parts)
      }
    }
  }

  /// The rest, at the end of the answer.
  mutating func finish() -> [AnswerPart] {
    var parts: [AnswerPart] = []
    take(scanner.finish(), into: &parts)
    if case .block = state { close(mark: "", into: &parts) }
    // Blanks at the end belong to an answer without calls.
    if callCount == 0, !blanks.isEmpty {
      parts.append(.content(blanks))
      blanks = ""
    }
    return parts
  }

  private var currentMarks: [String] {
    switch state {
    case .thought(let thought): return thought.closings
    case .block(let opening, let form): return form.closings(of: opening)
    case .content:
      let thoughts = marks.thoughts.filter { !$0.opensAnswersOnly || !hasContent }.map(\.opening)
      let calls = marks.calls.filter { !$0.opensAnswersOnly || !hasContent }.flatMap(\.openings)
      return thoughts + calls + marks.silent
    }
  }

  private mutating func take(_ text: String, into parts: inout [AnswerPart]) {
    guard !text.isEmpty else { return }
    switch state {
    case .thought: parts.append(.reasoning(text))
    case .block: block += text
    case .content: takeContent(text, into: &parts)
    }
  }

  private mutating func takeContent(_ text: String, into parts: inout [AnswerPart]) {
    let text = followsPart ? String(text.unicodeScalars.drop(while: \.properties.isWhitespace)) : text
    let tail = text.unicodeScalars.reversed().prefix { $0.properties.isWhitespace }.count
    let body = String(text.unicodeScalars.dropLast(tail))
    let end = String(text.unicodeScalars.suffix(tail))
    guard !body.isEmpty else {
      blanks += end
      return
    }
    parts.append(.content(blanks + body))
    blanks = end
    hasContent = true
    followsPart = false
  }

  private mutating func take(mark: String, into parts: inout [AnswerPart]) {
    switch state {
    case .thought:
      state = .content
      followsPart = true
    case .block: close(mark: mark, into: &parts)
    case .content:
      if !currentMarks.contains(mark) {
        // What came just before it in the same piece makes it plain text.
        takeContent(mark, into: &parts)
      } else if let thought = marks.thoughts.first(where: { $0.opening == mark }) {
        blanks = ""
        state = .thought(thought)
      } else if let form = marks.calls.first(where: { $0.openings.contains(mark) }) {
        state = .block(opening: mark, form)
      }
    }
  }

  /// - Parameter mark: that closes the block; empty at the end of the answer.
  private mutating func close(mark: String, into parts: inout [AnswerPart]) {
    guard case .block(let opening, let form) = state else { return }
    // In some forms the next block closes the one before it.
    state = form.openings.contains(mark) ? .block(opening: mark, form) : .content
    defer { block = "" }
    let calls = form.calls(in: block, opening: opening, tools: tools) ?? []
    if !calls.isEmpty, calls.allSatisfy({ call in tools.contains { $0.name == call.name } }) {
      parts += calls.map { .call($0) }
      callCount += calls.count
      blanks = ""
      followsPart = true
    } else {
      let isOpen = form.openings.contains(mark)
      takeContent(opening + block + (isOpen ? "" : mark), into: &parts)
    }
  }
}
