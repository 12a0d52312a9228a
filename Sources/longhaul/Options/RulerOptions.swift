import ArgumentParser
import ChatTemplates
import Core
import Evaluation
import Foundation
import Tokenization
import Weights

/// Tasks, lengths and texts of `eval ruler`.
struct RulerOptions: ParsableArguments {
  @Option(
    help: """
      Lengths in tokens, separated by commas. Default: RULER's, 4096 doubled up to 131072, as far as the automatic \
      policy admits them.
      """)
  var lengths: NumberList?

  @Option(
    help: """
      Tasks by RULER's names, separated by commas; niah stands for the eight with needles. Default: all whose texts \
      are there.
      """)
  var tasks: String?

  @Option(help: "Samples per task and length. RULER takes 500.")
  var samples: Int = 20

  @Option(help: "The text that hides most needles, a file. Default: the program's demo text.")
  var text: String?

  @Option(help: "SQuAD's JSON file (dev-v2.0.json or train-v2.0.json, or of 1.1), for qa_1.")
  var squad: String?

  @Option(help: "HotpotQA's JSON file with distractors (hotpot_dev_distractor_v1.json), for qa_2.")
  var hotpotqa: String?

  @Option(help: "Average score, 0 to 100, that an effective length has. Default: what the paper takes.")
  var threshold: Double = 85.6

  @Option(help: "Seed of words, numbers and places. The same seed gives the same prompts.")
  var seed: UInt64 = 1

  @Option(help: "Write every answer with its references and score to this file, one JSON object per line.")
  var answers: String?

  @Flag(help: "Do not render prompts with the model's chat template.")
  var raw = false

  @OptionGroup var template: ChatTemplateOptions

  func validate() throws {
    if let lengths, !lengths.values.allSatisfy({ (1...Limits.maximumContext).contains($0) }) {
      throw ValidationError("--lengths must be between 1 and \(Limits.maximumContext)")
    }
    guard (1...100_000).contains(samples) else { throw ValidationError("--samples must be between 1 and 100000") }
    guard (0...100).contains(threshold) else { throw ValidationError("--threshold must be between 0 and 100") }
    guard !raw || template.chatTemplate == nil else {
      throw ValidationError("--chat-template and --raw exclude each other")
    }
  }

  /// RULER's lengths up to the longest; that alone where it is shorter than all.
  static func standardLengths(longest: Int) -> [Int] {
    let lengths = (12...17).map { 1 << $0 }.filter { $0 <= longest }
    return lengths.isEmpty ? [longest] : lengths
  }

  /// The tasks to run, and those that are left out for want of a file.
  /// - Throws: `RetrievalRefusal` for a named task that is unknown or has no file.
  func chosenTasks() throws -> (tasks: [RulerTask], omitted: [RulerTask]) {
    let wanted = try tasks.map { try RulerTask.named($0) }
    let missing = (wanted ?? RulerTask.allCases).filter { $0.needsDocuments && documentPath($0) == nil }
    if wanted != nil, let task = missing.first {
      throw RetrievalRefusal(
        task == .squad
          ? "qa_1 asks about texts that are not included: pass SQuAD's JSON file with --squad FILE, or leave qa_1 out"
          : "qa_2 asks about texts that are not included: pass HotpotQA's JSON file with --hotpotqa FILE, or leave "
            + "qa_2 out")
    }
    return ((wanted ?? RulerTask.allCases).filter { !missing.contains($0) }, missing)
  }

  private func documentPath(_ task: RulerTask) -> String? { task == .squad ? squad : hotpotqa }

  /// Reads the texts.
  func builder(_ model: MeasuredModel, frame: RulerFrame, tasks: [RulerTask]) throws -> RulerPromptBuilder {
    guard let path = text ?? DemoModel.textPath() else {
      throw CommandFailure(.usage, "the program's demo text is not there; pass a long text with --text FILE")
    }
    var documents: [RulerTask: RulerDocuments] = [:]
    for task in tasks where task.needsDocuments {
      guard let path = documentPath(task) else { continue }
      let json = Data(try InputFile.bytes(path))
      documents[task] = try task == .squad ? .squad(json, path: path) : .hotpot(json, path: path)
    }
    return try RulerPromptBuilder(
      tokenizer: model.tokenizer, frame: frame, essay: try InputFile.text(path), documents: documents, seed: seed)
  }

  /// The chat template's text around a task; nothing for models without one and with `--raw`.
  func frame(_ model: MeasuredModel) throws -> RulerFrame {
    guard !raw else { return .none }
    var description = try model.checkpoint.tokenizer
    try template.apply(to: &description)
    guard description.chatTemplate != nil || template.chatTemplate != nil else { return .none }
    let place = "{task}"
    let chat = try RenderedChat(
      ChatPrompt(messages: [ChatMessage(role: "user", content: place)]), model.tokenizer, description)
    let parts = chat.segments.map { $0.text.components(separatedBy: place) }
    guard let index = parts.firstIndex(where: { $0.count > 1 }), parts.reduce(0, { $0 + $1.count - 1 }) == 1 else {
      throw CommandFailure(.usage, "the chat template does not show a user's message once; pass --raw")
    }
    let parses = chat.segments.map(\.parsesSpecial)
    return RulerFrame(
      before: chat.segments[..<index] + [TextSegment(parts[index][0], parsesSpecial: parses[index])],
      after: [TextSegment(parts[index][1], parsesSpecial: parses[index])] + chat.segments[(index + 1)...])
  }
}
