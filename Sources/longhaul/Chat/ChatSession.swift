import ChatTemplates

/// A chat in the terminal: what was said, and what each line that the user types means. A pure state machine over
/// lines.
struct ChatSession: Sendable {
  /// What to do after a line.
  enum Action: Hashable, Sendable {
    /// The next line continues the message.
    case wait
    /// The model answers `messages`.
    case answer
    case show(String)
    case save(String)
    case load(String)
    case leave
  }

  var system: String?
  /// Without the system's.
  private(set) var turns: [ChatMessage] = []
  private(set) var settings = ChatSettings()
  /// Lines of a message that is not complete.
  private var lines: [String] = []
  /// Whether a block is open, in which only its end has a meaning.
  private(set) var isInBlock = false

  static let blockMark = "\"\"\""

  init(system: String? = nil, settings: ChatSettings = ChatSettings()) {
    self.system = system
    self.settings = settings
  }

  /// All that the model reads.
  var messages: [ChatMessage] { (system.map { [ChatMessage(role: "system", content: $0)] } ?? []) + turns }

  /// Whether the next line continues a message.
  var isContinuing: Bool { isInBlock || !lines.isEmpty }

  mutating func take(_ line: String) -> Action {
    if isInBlock { return takeInBlock(line) }
    if lines.isEmpty {
      if line.hasPrefix(Self.blockMark) {
        isInBlock = true
        return takeInBlock(String(line.dropFirst(Self.blockMark.count)))
      }
      if line.hasPrefix("/") { return take(ChatCommandLine(line)) }
    }
    if line.hasSuffix("\\") {
      lines.append(String(line.dropLast()))
      return .wait
    }
    lines.append(line)
    return ask()
  }

  private mutating func takeInBlock(_ line: String) -> Action {
    guard let end = line.firstRange(of: Self.blockMark) else {
      lines.append(line)
      return .wait
    }
    isInBlock = false
    lines.append(String(line[..<end.lowerBound]))
    return ask()
  }

  /// Ends the message. One without a word is none.
  private mutating func ask() -> Action {
    let text = lines.joined(separator: "\n")
    lines = []
    guard text.contains(where: { !$0.isWhitespace }) else { return .wait }
    turns.append(ChatMessage(role: "user", content: text))
    return .answer
  }

  /// Takes what the model answered; nothing, where it was interrupted before a word, drops the question, too.
  mutating func answered(_ text: String) {
    if text.isEmpty, turns.last?.role == "user" {
      turns.removeLast()
    } else {
      turns.append(ChatMessage(role: "assistant", content: text))
    }
  }

  /// Replaces all that was said.
  mutating func replace(_ messages: [ChatMessage]) {
    system = messages.first?.role == "system" ? messages.first?.content : nil
    turns = messages.filter { $0.role != "system" }
  }

  // MARK: Commands

  private mutating func take(_ command: ChatCommandLine) -> Action {
    switch command.name {
    case "exit", "quit", "bye": return .leave
    case "help", "?": return .show(ChatCommandLine.help)
    case "clear", "new":
      turns = []
      return .show("A new chat.")
    case "system": return setSystem(command.rest)
    case "history": return .show(history)
    case "undo": return undo()
    case "retry": return retry()
    case "set": return set(command.rest)
    case "save": return command.rest.isEmpty ? .show("/save needs the name of a file.") : .save(command.rest)
    case "load": return command.rest.isEmpty ? .show("/load needs the name of a file.") : .load(command.rest)
    default: return .show("There is no /\(command.name); /help lists what there is.")
    }
  }

  private mutating func setSystem(_ text: String) -> Action {
    guard !text.isEmpty else { return .show(system.map { "system: \($0)" } ?? "There is no system message.") }
    system = text
    return .show("The system message is set.")
  }

  /// Drops the last question and its answer.
  private mutating func undo() -> Action {
    guard let last = turns.lastIndex(where: { $0.role == "user" }) else { return .show("Nothing was said.") }
    turns.removeSubrange(last...)
    return .show("The last question is taken back.")
  }

  /// Drops the last answer and asks again.
  private mutating func retry() -> Action {
    guard let last = turns.lastIndex(where: { $0.role == "user" }) else { return .show("Nothing was said.") }
    turns.removeSubrange((last + 1)...)
    return .answer
  }

  private mutating func set(_ text: String) -> Action {
    let words = text.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else { return .show(settings.description) }
    do {
      try settings.set(words[0], words[1])
      return .show(settings.description)
    } catch {
      return .show("\(error)")
    }
  }

  private var history: String {
    messages.isEmpty ? "Nothing was said." : messages.map { "\($0.role): \($0.content ?? "")" }.joined(separator: "\n")
  }
}

/// A line that begins with a slash.
struct ChatCommandLine: Hashable, Sendable {
  let name: String
  let rest: String

  init(_ line: String) {
    let parts = line.dropFirst().split(separator: " ", maxSplits: 1)
    name = parts.first.map(String.init) ?? ""
    rest = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
  }

  static let help = """
    /system [TEXT]     shows or sets the system message
    /set [NAME VALUE]  shows or sets temperature, top_p, top_k, max_tokens or seed
    /retry             answers the last question again
    /undo              takes the last question back
    /history           shows all that was said
    /clear             begins a new chat
    /save FILE         writes the chat as JSON
    /load FILE         continues such a file
    /exit              ends; so does Ctrl-D
    A line that ends in \\ goes on in the next one; \"\"\" begins and ends a block of lines. Ctrl-C stops an answer.
    """
}
