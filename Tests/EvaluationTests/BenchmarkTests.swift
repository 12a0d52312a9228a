import Evaluation
import Foundation
import Core
import Testing
import Tokenization

/// A folder of small benchmark files, removed with the value.
private final class BenchmarkFolder {
  let path: String

  init(_ files: [String: String]) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("lh-eval-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, text) in files { try Data(text.utf8).write(to: url.appendingPathComponent(name)) }
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

private let questions = """
  {"input": "Who came?", "context": "Anna came.", "answers": ["Anna"], "length": 2, "dataset": "hotpotqa", \
  "language": "en", "all_classes": null, "_id": "1"}

  {"input": "Who went?", "context": "Ben went {input}.", "answers": ["Ben", "Benjamin"], "length": 2, \
  "dataset": "hotpotqa", "language": "en", "all_classes": null, "_id": "2"}

  """

@Suite("Benchmark files")
struct BenchmarkFileTests {
  @Test("LongBench's sixteen tasks and L-Eval's six closed ones are known")
  func tasks() {
    #expect(Benchmark.longbench.tasks.count == 16)
    #expect(Benchmark.leval.tasks.map(\.name) == ["coursera", "gsm100", "quality", "tpo", "codeU", "sci_fi"])
    for task in Benchmark.allCases.flatMap(\.tasks) {
      #expect(throws: Never.self) { try PromptTemplate(task.template) }
      #expect(!task.metrics.isEmpty)
    }
  }

  @Test("LongBench records are read with their references and classes, and tasks without a file are skipped")
  func longBench() throws {
    let trec = #"{"input": "Q", "context": "C", "answers": ["City"], "all_classes": ["City", "Food"], "length": 1}"#
    let folder = try BenchmarkFolder(["hotpotqa.jsonl": questions, "trec.jsonl": trec, "other.jsonl": "x"])
    let files = BenchmarkFiles(folder: folder.path, benchmark: .longbench)
    let tasks = try files.tasks(wanted: nil)
    #expect(tasks.map(\.name) == ["hotpotqa", "trec"])
    let items = try files.items(of: tasks[0])
    #expect(items.map(\.references) == [["Anna"], ["Ben", "Benjamin"]])
    #expect(try files.items(of: tasks[0], limit: 1).count == 1)
    #expect(try files.items(of: tasks[1]).first?.classes == ["City", "Food"])
  }

  @Test("L-Eval records have several questions, and a story's two judgments become two items")
  func leval() throws {
    let quality = #"{"input": "Doc", "instructions": ["Q1", "Q2"], "outputs": ["A", "B"], "evaluation": "exam"}"#
    let story = """
      {"input": "Story", "instructions": ["Pigs fly, based on the world described in the document."], \
      "outputs": ["True [fact: False]"], "evaluation": "exam"}
      """
    let folder = try BenchmarkFolder(["quality.jsonl": quality, "sci_fi.jsonl": story])
    let files = BenchmarkFiles(folder: folder.path, benchmark: .leval)
    let tasks = try files.tasks(wanted: ["sci_fi", "quality"])
    #expect(tasks.map(\.name) == ["quality", "sci_fi"])
    #expect(try files.items(of: tasks[0]).map(\.input) == ["Q1", "Q2"])
    let items = try files.items(of: tasks[1])
    #expect(items.map(\.references) == [["true"], ["false"]])
    #expect(items.map(\.context) == ["Story", ""])
    #expect(items[1].input == "Pigs fly, based on what is known of the real world.")
  }

  @Test(
    "a damaged record is named by file and line, and by what is wrong",
    arguments: [
      (#"{"input": "Q", "context": "C"}"#, "no field 'answers'"),
      (#"{"input": 3, "context": "C", "answers": []}"#, "input"),
      (#"{"input": "Q", "context": "C", "answers": []}"#, "no answers"), ("[", "not a JSON object"),
    ])
  func damaged(line: String, words: String) throws {
    let folder = try BenchmarkFolder(["hotpotqa.jsonl": questions + line])
    let files = BenchmarkFiles(folder: folder.path, benchmark: .longbench)
    let task = try files.tasks(wanted: nil)[0]
    let error = #expect(throws: BenchmarkFileError.self) { try files.items(of: task) }
    #expect(error?.description.contains("hotpotqa.jsonl' line 4") == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test("an unknown task, a missing file and an empty folder have clear errors")
  func missing() throws {
    let files = BenchmarkFiles(folder: try BenchmarkFolder([:]).path, benchmark: .longbench)
    for (wanted, words) in [(["nope"], "no task 'nope'"), (["trec"], "trec.jsonl"), (nil, "has none of")] {
      let error = #expect(throws: BenchmarkFileError.self) { try files.tasks(wanted: wanted) }
      #expect(error?.description.contains(words) == true)
    }
  }
}

@Suite("Benchmark prompts")
struct BenchmarkPromptTests {
  private func task(_ name: String) throws -> BenchmarkTask {
    try #require(Benchmark.allCases.flatMap(\.tasks).first { $0.name == name })
  }

  private func text(_ prompt: BenchmarkPrompts.Prompt, _ tokenizer: Tokenizer) -> String {
    var text = StreamingDetokenizer(tokenizer, continuing: true)
    return prompt.tokens.map { text.append($0) }.joined()
  }

  @Test("document and question are filled in at once; other braces stay")
  func filling() throws {
    let template = try PromptTemplate("{x} {context} | {input} {")
    #expect(template.filled(context: "say {input}", input: "{context}?") == "{x} say {input} | {context}? {")
    #expect(throws: BenchmarkFileError.self) { try PromptTemplate("no place") }
  }

  @Test("templates are read from a JSON object like LongBench's; other tasks keep theirs")
  func ownTemplates() throws {
    let tasks = [try task("hotpotqa"), try task("trec")]
    let json = Data(#"{"trec": "T {context}{input}", "dureader": "{context}"}"#.utf8)
    let replaced = try PromptTemplate.replacing(templatesOf: tasks, from: json)
    #expect(replaced.map(\.template) == [tasks[0].template, "T {context}{input}"])
    for bad in [#"{"trec": "nothing"}"#, "[]", #"{"trec": 1}"#] {
      #expect(throws: BenchmarkFileError.self) {
        try PromptTemplate.replacing(templatesOf: tasks, from: Data(bad.utf8))
      }
    }
  }

  @Test("a prompt that is too long loses its middle, to the token, and leaves room for the completion")
  func middle() throws {
    let tokenizer = try ByteModel.tokenizer(addsSpacePrefix: false)
    let item = BenchmarkItem(context: String(repeating: "c", count: 500), input: "Who?", references: [""])
    let hotpot = try task("hotpotqa")
    let whole = try BenchmarkPrompts(tokenizer: tokenizer, contextLength: 2000).prompt(item, task: hotpot)
    #expect(!whole.isCut)
    let cut = try BenchmarkPrompts(tokenizer: tokenizer, contextLength: 333).prompt(item, task: hotpot)
    #expect(cut.isCut)
    #expect(cut.tokens == Array(whole.tokens.prefix(150) + whole.tokens.suffix(151)))
    #expect(throws: BenchmarkFileError.self) {
      try BenchmarkPrompts(tokenizer: tokenizer, contextLength: 33).prompt(item, task: hotpot)
    }
  }

  @Test("an exam's document loses its end, code its start, and the question stays whole")
  func documents() throws {
    let tokenizer = try ByteModel.tokenizer(addsSpacePrefix: false)
    let item = BenchmarkItem(
      context: "FRONT" + String(repeating: "c", count: 900) + "BACK", input: "Who is it?", references: [""])
    let prompts = BenchmarkPrompts(tokenizer: tokenizer, contextLength: 1000)
    let exam = text(try prompts.prompt(item, task: try task("quality")), tokenizer)
    #expect(exam.contains("FRONT") && !exam.contains("BACK") && exam.hasSuffix("Question: Who is it?\nAnswer:"))
    let code = text(try prompts.prompt(item, task: try task("codeU")), tokenizer)
    #expect(!code.contains("FRONT") && code.contains("BACK") && code.hasSuffix("Who is it?"))
  }
}

@Suite("Benchmark runs")
struct BenchmarkRunTests {
  /// Answers with an empty line, the class, and a line that must not count.
  private let engine = FunctionEngine(answer: { _, _ in "\nCity\nFood".utf8.map { TokenID($0) + 3 } })

  @Test("answers are scored, counted and averaged, and long prompts are grouped or cut")
  func run() async throws {
    let tokenizer = try ByteModel.tokenizer(addsSpacePrefix: false)
    var task = try #require(Benchmark.longbench.tasks.first { $0.name == "trec" })
    task.template = "{context}{input}"
    let classes = ["City", "Food"]
    let items = [
      BenchmarkItem(context: "", input: "a?", references: ["City"], classes: classes),
      BenchmarkItem(context: String(repeating: "x", count: 300), input: "b?", references: ["Food"], classes: classes),
      BenchmarkItem(context: String(repeating: "x", count: 900), input: "c?", references: ["City"], classes: classes),
    ]
    let run = BenchmarkRun(
      batch: EngineBatch(engine: engine, concurrency: 2), tokenizer: tokenizer, contextLength: 600,
      trainedLength: 256, policy: PolicyRequest())
    var seen: [Int] = []
    let result = try await run.result(of: task, items: items) { seen.append($0) }
    #expect(seen == [1, 2, 3])
    #expect(result.answers.map(\.text) == Array(repeating: "\nCity\nFood", count: 3))
    #expect(result.answers.map { $0.scores[0] } == [1, 0, 1])
    #expect(abs(result.score() - 200 / 3) < 1e-9)
    #expect(abs(result.standardError - 100 / 3) < 1e-9)
    #expect(result.answers.map(\.isCut) == [false, false, true])
    #expect(result.answers.map { $0.policy?.groups } == [false, true, true])
    #expect(result.answers[2].promptTokenCount == 600 - 64)
  }
}
