import Evaluation
import Core
import Testing
import Tokenization

@Suite("Retrieval")
struct RetrievalTests {
  private static let tasks: [RetrievalTask] = {
    let wordings = [(1, 5, RetrievalWording.passkey), (1, 10, .passkey), (3, 4, .labeled)]
    return wordings.compactMap { try? RetrievalTask(keyCount: $0, digitCount: $1, wording: $2) }
  }()

  private func builder(_ tokenizer: Tokenizer, seed: UInt64 = 1) throws -> RetrievalPromptBuilder {
    RetrievalPromptBuilder(
      tokenizer: tokenizer, filler: try FillerText(RetrievalWording.filler, tokenizer: tokenizer), seed: seed)
  }

  @Test(
    "a prompt has exactly the tokens asked for, the key where asked, and the question last", arguments: [true, false])
  func exactLength(addsSpacePrefix: Bool) throws {
    let tokenizer = try ByteModel.tokenizer(addsSpacePrefix: addsSpacePrefix)
    let builder = try builder(tokenizer)
    #expect(Self.tasks.count == 3)
    for task in Self.tasks {
      for length in [500, 777, 2048] {
        for depth in [0, 0.25, 0.5, 1] {
          let prompt = try builder.prompt(task, length: length, depth: depth, trial: 3)
          #expect(prompt.tokens.count == length - task.answerTokenCount)
          #expect(prompt.tokens.first == tokenizer.beginToken)
          #expect(abs(prompt.depth - depth) <= 40 / Double(length - 400), "\(length) \(depth) \(prompt.depth)")
          let text = tokenizer.decode(prompt.tokens)
          #expect(text.contains(" \(prompt.key)"))
          #expect(text.hasSuffix(" is"))
          let numbers = text.split(separator: " ").filter { $0.contains { $0.isNumber } }
          #expect(numbers.count == (task.keyCount == 1 ? 2 : 3))
        }
      }
    }
  }

  @Test("with several keys, the requested one is the answer")
  func labels() throws {
    let tokenizer = try ByteModel.tokenizer()
    let prompt = try builder(tokenizer).prompt(Self.tasks[2], length: 800, depth: 0.5, trial: 0)
    let text = tokenizer.decode(prompt.tokens)
    let question = try #require(text.split(separator: "What is the number of the ").last)
    let label = question.prefix { $0 != "?" }
    #expect(text.contains("The number of the \(label) is \(prompt.key)."))
  }

  @Test("trials, lengths, depths and seeds give distinct keys, and the same ones every time")
  func seeds() throws {
    let tokenizer = try ByteModel.tokenizer()
    let task = Self.tasks[0]
    func key(seed: UInt64, length: Int, depth: Double, trial: Int) throws -> String {
      try builder(tokenizer, seed: seed).prompt(task, length: length, depth: depth, trial: trial).key
    }
    let keys = try [
      key(seed: 1, length: 600, depth: 0, trial: 0), key(seed: 2, length: 600, depth: 0, trial: 0),
      key(seed: 1, length: 601, depth: 0, trial: 0), key(seed: 1, length: 600, depth: 0.5, trial: 0),
      key(seed: 1, length: 600, depth: 0, trial: 1),
    ]
    #expect(Set(keys).count == keys.count)
    #expect(try key(seed: 1, length: 600, depth: 0, trial: 0) == keys[0])
    #expect(keys.allSatisfy { $0.count == 5 && $0.first != "0" })
  }

  @Test("a length that is too short is rejected with the required one")
  func tooShort() throws {
    let tokenizer = try ByteModel.tokenizer()
    let builder = try builder(tokenizer)
    var smallest: Int?
    for length in 1...400 where smallest == nil {
      if let prompt = try? builder.prompt(Self.tasks[0], length: length, depth: 1, trial: 0) {
        smallest = length
        #expect(prompt.tokens.count == length - 8)
      }
    }
    let needed = try #require(smallest)
    do {
      _ = try builder.prompt(Self.tasks[0], length: needed - 1, depth: 1, trial: 0)
      Issue.record("not refused")
    } catch {
      #expect("\(error)".contains("\(needed)"))
    }
  }

  @Test("an answer counts by its first number, whole")
  func found() {
    #expect(RetrievalTask.isFound("12345", in: " 12345."))
    #expect(RetrievalTask.isFound("12345", in: "\nIt is 12345, I think; not 99999"))
    for wrong in ["", " 123456", " 1234", "99999 12345", "１２３４５", " 1 2345"] {
      #expect(!RetrievalTask.isFound("12345", in: wrong), "\(wrong)")
    }
  }

  @Test("wordings that reveal the answer or hide nothing are rejected")
  func wordings() {
    func refusal(_ change: (inout RetrievalWording) -> Void, keys: Int = 1, digits: Int = 5) -> String? {
      var wording = RetrievalWording.passkey
      change(&wording)
      do {
        _ = try RetrievalTask(keyCount: keys, digitCount: digits, wording: wording)
        return nil
      } catch { return "\(error)" }
    }
    #expect(refusal { _ in } == nil)
    #expect(refusal { $0.statement = "nothing" }?.contains("has no {key}") == true)
    #expect(refusal { $0.question = "Is it {key}?" }?.contains("reveals the answer") == true)
    #expect(refusal { $0.question = "" } != nil)
    #expect(refusal({ _ in }, keys: 2)?.contains("{label}") == true)
    #expect(refusal({ _ in }, keys: 0) != nil && refusal({ _ in }, digits: 33) != nil)
    #expect(refusal({ _ in }, keys: 11) != nil)
  }

  @Test("sentences end at periods and after forty words, and hostile text is harmless")
  func sentences() throws {
    #expect(FillerText.sentences(of: "One. \"Two!\" (Three?) four") == ["One.", "\"Two!\"", "(Three?)", "four"])
    #expect(FillerText.sentences(of: " \n\t") == [])
    #expect(FillerText.sentences(of: String(repeating: "word ", count: 90)).count == 3)
    #expect(FillerText.sentences(of: "... ... \"\"\" .").count == 3)
    let tokenizer = try ByteModel.tokenizer()
    #expect(throws: RetrievalRefusal.self) { try FillerText("", tokenizer: tokenizer) }
  }

  @Test("the heat map is the engine's, for any number of requests in flight")
  func measurement() async throws {
    let tokenizer = try ByteModel.tokenizer()
    let measurement = try RetrievalMeasurement(
      tasks: Self.tasks, settings: [.plain, .automatic], lengths: [512, 1024], trialCount: 2, trainedLength: 256,
      questions: RetrievalQuestions(
        depths: RetrievalQuestions.evenDepths(3), tokenizer: tokenizer, builder: builder(tokenizer)))
    #expect(RetrievalQuestions.evenDepths(3) == [0, 0.5, 1])
    #expect(measurement.requestCount == 3 * 2 * 2 * 3 * 2)
    // Finds the first number of the text, which is the key of a pass-key prompt; plain attention finds nothing.
    let engine = FunctionEngine(answer: { request, policy in
      guard policy.groups else { return [TokenID(65 + 3)] }
      return Array(request.prompt.drop { !(51...60).contains($0) }.prefix { (51...60).contains($0) })
    })
    var first: [RetrievalMeasurement.Column]?
    for concurrency in [1, 2, 3] {
      let batch = EngineBatch(engine: engine, concurrency: concurrency)
      let columns = try await measurement.columns(through: batch) { _ in }
      #expect(columns.count == 12)
      for column in columns where column.value.task.keyCount == 1 {
        #expect(column.estimate.share == (column.value.policy.groups ? 1 : 0), "\(column.value)")
        #expect(column.estimate.trialCount == 6)
      }
      #expect(first == nil || first == columns)
      first = columns
    }
  }
}
