import Core
import Foundation
import Testing
import Tokenization

@testable import Evaluation

@Suite("RULER's prompts")
struct RulerPromptTests {
  @Test("a prompt and its answer have exactly the tokens asked for", arguments: RulerTask.allCases)
  func exactLength(task: RulerTask) throws {
    for addsSpacePrefix in [true, false] {
      let tokenizer = try ByteModel.tokenizer(addsSpacePrefix: addsSpacePrefix)
      let frame = RulerFrame(
        before: [TextSegment("<user>", parsesSpecial: true)], after: [TextSegment("<model>", parsesSpecial: true)])
      for (frame, end) in [(RulerFrame.none, " "), (frame, "<model>")] {
        let builder = try RulerTexts.builder(tokenizer, frame: frame)
        for length in [4001, 5003, 7919] {
          let prompt = try builder.prompt(task, length: length, sample: 1 % (task.needsDocuments ? 1 : 2))
          #expect(prompt.tokens.count == length - task.answerTokenCount)
          #expect(prompt.tokens.first == tokenizer.beginToken)
          #expect(prompt.tokens.count { $0 == tokenizer.beginToken } == 1)
          let text = tokenizer.decode(prompt.tokens)
          #expect(text.hasSuffix("is") || text.hasSuffix("are") || text.hasSuffix(":"))
          #expect(text.hasPrefix("<user>") == (end == "<model>"))
          #expect(text.contains("\(end)Answer:") || text.contains("\(end)The secret"))
        }
      }
    }
  }

  @Test(
    "the same seed gives the same bytes; another seed, sample or length others",
    arguments: RulerTask.allCases.filter { !$0.needsDocuments })
  func seeds(task: RulerTask) throws {
    let first = try RulerTexts.text(task, length: 4000)
    #expect(try RulerTexts.text(task, length: 4000) == first)
    let others = try [
      RulerTexts.text(task, length: 4000, seed: 2), RulerTexts.text(task, length: 4000, sample: 1),
      RulerTexts.text(task, length: 4001),
    ]
    #expect(Set([first.1] + others.map(\.1)).count == 4)
  }

  @Test(
    "a length that is too short is refused with the one that is needed, which is enough", arguments: RulerTask.allCases)
  func tooShort(task: RulerTask) throws {
    let error = #expect(throws: RetrievalRefusal.self) { try RulerTexts.text(task, length: 40) }
    let message = "\(try #require(error))"
    #expect(message.contains("40 tokens are too few for \(task.rawValue)") && message.contains("--lengths"))
    let needed = try #require(message.firstMatch(of: /need (\d+)/).flatMap { Int($0.1) })
    // The example and the vocabulary grow a little with the length.
    #expect(throws: Never.self) { try RulerTexts.text(task, length: needed + 16) }
  }

  @Test("names select tasks in RULER's order, niah the eight, and others are refused with the list")
  func names() throws {
    #expect(RulerTask.allCases.count == 13)
    #expect(try RulerTask.named("vt, niah_single_2") == [.singleNumber, .variables])
    #expect(try RulerTask.named("niah").count == 8)
    for wrong in ["", "vt,", "niah_single_4"] {
      let error = #expect(throws: RetrievalRefusal.self) { try RulerTask.named(wrong) }
      #expect(error?.description.contains("niah_single_1, niah_single_2") == true)
    }
    #expect(throws: RetrievalRefusal.self) {
      try RulerPromptBuilder(
        tokenizer: ByteModel.tokenizer(), frame: .none, essay: " \n", documents: [:], seed: 1)
    }
  }
}

@Suite("RULER's needles")
struct RulerNeedleTests {
  /// Keys and values of the needles in a text, by order.
  private func needles(_ text: String) -> [(key: String, value: String)] {
    text.matches(of: /A secret (?:number|code) for ([a-z0-9-]+) is ([a-z0-9-]+)\./).map {
      (String($0.1), String($0.2))
    }
  }

  @Test(
    "a needle for each key and value is in the text once, and the question asks for the right ones",
    arguments: [
      (RulerTask.singleNoise, 1, 1, 1), (.singleNumber, 1, 1, 1), (.singleCode, 1, 1, 1), (.fourKeys, 4, 4, 1),
      (.fourValues, 4, 1, 4), (.fourQueries, 4, 4, 4),
    ])
  func counts(task: RulerTask, needleCount: Int, keyCount: Int, answerCount: Int) throws {
    for sample in 0..<8 {
      let (text, references) = try RulerTexts.text(task, length: 3001, sample: sample)
      let needles = needles(text)
      #expect(needles.count == needleCount)
      #expect(Set(needles.map(\.key)).count == keyCount && Set(needles.map(\.value)).count == needleCount)
      #expect(references.count == answerCount)
      let question = try #require(text.split(separator: "\nWhat ").last)
      for needle in needles {
        #expect(question.contains(needle.key) == references.contains(needle.value))
      }
      for value in references {
        #expect(text.matches(of: try Regex(value)).count == 1)
        if task == .singleCode {
          #expect(RulerTexts.codes(value) == [value])
        } else {
          #expect(value.wholeMatch(of: /[1-9]\d{6}/) != nil)
        }
      }
    }
  }

  @Test("every line of the two hardest tasks is a needle of another key", arguments: [RulerTask.manyKeys, .manyCodes])
  func distractors(task: RulerTask) throws {
    let (text, references) = try RulerTexts.text(task, length: 6007, sample: 2)
    let needles = needles(text)
    #expect(needles.count > 20)
    #expect(Set(needles.map(\.key)).count == needles.count && Set(needles.map(\.value)).count == needles.count)
    let asked = try #require(needles.first { [$0.value] == references })
    #expect(try #require(text.split(separator: "\nWhat ").last).contains(asked.key))
    // The first line is what is left of one that did not fit.
    let lines = text.split(separator: "\n").dropFirst().dropLast()
    #expect(lines.count - needles.count <= 1)
    if task == .manyCodes { #expect(RulerTexts.codes(text).count >= 2 * needles.count) }
  }

  @Test("needles stand at many depths, in an essay at the forty even ones")
  func depths() throws {
    var depths: Set<Int> = []
    for sample in 0..<200 {
      let shape = NeedleSample.Shape(keyCount: 4, queryCount: 4)
      let essay = (0..<7).map { "S\($0)." }
      let layout = NeedleSample(shape, essay: essay, draws: SeededRandom(seed: 1, sample)).layout(size: 100)
      let parts = layout.context.split(separator: ".").map { $0.drop { $0 == " " } }
      #expect(parts.count == 104)
      let places = parts.indices.filter { parts[$0].hasPrefix("A secret") }
      #expect(places.count == 4)
      for (before, place) in places.enumerated() { depths.insert(place - before) }
      // The essay's own sentences stay in order, from its start.
      let own = parts.filter { !$0.hasPrefix("A secret") }
      #expect(own.enumerated().allSatisfy { $0.element == "S\($0.offset % 7)" })
    }
    #expect(depths == Set((0..<40).map { Int((100.0 * Double($0) / 39).rounded()) }))
  }
}

@Suite("RULER's tracking and counting")
struct RulerCountingTests {
  @Test("five variables in a chain have the value, in order between lines of noise, after a solved example")
  func variables() throws {
    let (text, references) = try RulerTexts.text(.variables, length: 4777)
    let parts = text.components(separatedBy: "The lines below give values")
    #expect(parts.count == 3 && parts[0].isEmpty)
    for (part, letters) in [(parts[1], 3), (parts[2], 5)] {
      let lines = part.split(separator: "\n").map(String.init).filter { $0.hasPrefix("VAR ") }
      #expect(lines.count == 5)
      let names = lines.map { String($0.split(separator: " ")[1]) }
      #expect(Set(names).count == 5 && names.allSatisfy { $0.count == letters && $0.allSatisfy(\.isUppercase) })
      let value = try #require(lines[0].split(separator: " ").last.map(String.init))
      #expect(value.wholeMatch(of: /[1-9]\d{4}/) != nil)
      for index in 1..<5 { #expect(lines[index] == "VAR \(names[index]) = VAR \(names[index - 1])") }
      #expect(part.contains("Which variables of the text above have the value \(value)?"))
      if letters == 5 {
        #expect(names == references)
      } else {
        #expect(part.contains("They are: " + names.joined(separator: " ") + "\n"))
      }
    }
    #expect(parts[1].utf8.count < 1000)
  }

  @Test("ten words occur as often as RULER says and the others less, in a numbered list", arguments: [3500, 12_011])
  func commonWords(length: Int) throws {
    let (text, references) = try RulerTexts.text(.commonWords, length: length)
    let lists = text.components(separatedBy: "remember those.\n").dropFirst()
    #expect(lists.count == 2)
    let repeats = length < 4096 ? [(3, 1), (6, 1)] : [(10, 3), (30, 3)]
    for (list, (common, other)) in zip(lists, repeats) {
      let context = try #require(list.components(separatedBy: "\nQuestion").first)
      let items = context.matches(of: /(\d+)\. ([a-z]+)/)
      #expect(items.map { Int($0.1) } == Array(1...items.count))
      var counts: [String: Int] = [:]
      for item in items { counts[String(item.2), default: 0] += 1 }
      let most = counts.filter { $0.value == common }.map(\.key)
      #expect(most.count == 10 && counts.values.filter { $0 == other }.count == counts.count - 10)
      if list == lists.last { #expect(Set(most) == Set(references) && references.count == 10) }
    }
  }

  @Test("where the long list has no room, the short one is taken")
  func shortList() throws {
    // A byte is a token here: 330 words do not fit 4,096.
    let (text, references) = try RulerTexts.text(.commonWords, length: 4096)
    let list = try #require(text.components(separatedBy: "remember those.\n").last)
    #expect(references.allSatisfy { list.components(separatedBy: ". \($0)").count - 1 == 6 })
  }

  @Test("coded words follow the zeta distribution, dots first, and the next three are the answer")
  func frequentWords() throws {
    let (text, references) = try RulerTexts.text(.frequentWords, length: 6007)
    let body = try #require(text.components(separatedBy: "\nQuestion").first)
    var counts: [String: Int] = [:]
    for word in body.components(separatedBy: "most often:").last?.split(separator: " ") ?? [] {
      counts[String(word), default: 0] += 1
    }
    let coded = counts.filter { $0.key.wholeMatch(of: /[a-z]{6}/) != nil }.sorted { $0.value > $1.value }
    #expect(coded.prefix(3).map(\.key) == references)
    #expect(coded[2].value > coded[3].value)
    let size = Double(coded[0].value) * 4 * Double.pi * Double.pi / 6
    for (index, entry) in coded.prefix(6).enumerated() {
      #expect(abs(Double(entry.value) - size * 6 / (Double.pi * Double.pi) / Double((index + 2) * (index + 2))) <= 1.5)
    }
    #expect(counts["..."].map { $0 >= 4 * coded[0].value } == true)
  }
}

@Suite("RULER's questions")
struct RulerDocumentTests {
  @Test("SQuAD's questions have their paragraph, the others of the article, and every answer")
  func squad() throws {
    let data = try RulerDocuments.squad(Data(RulerTexts.squad.utf8), path: "squad.json")
    #expect(data.documents == ["The Brocken is a hill.", "The Elbe is a river.", "The Oder is another river."])
    #expect(data.questions.map(\.text) == ["What is the Elbe?", "What is the Brocken?"])
    #expect(data.questions[0].answers == ["a river", "river"])
    #expect(data.questions[0].documents == [1] && data.questions[0].relatedDocuments == [2])
  }

  @Test("HotpotQA's paragraphs are a title, a line break and sentences")
  func hotpot() throws {
    let data = try RulerDocuments.hotpot(Data(RulerTexts.hotpot.utf8), path: "hotpot.json")
    #expect(data.documents == ["Elbe\nIt is long. It is wide.", "Oder\nIt is short."])
    #expect(
      data.questions == [
        RulerDocuments.Question(text: "Which is longer?", answers: ["Elbe"], documents: [0, 1], relatedDocuments: [])
      ])
  }

  @Test("documents are numbered, the question's own among them, those of its article before others")
  func layout() throws {
    let data = try RulerDocuments.squad(Data(RulerTexts.squad.utf8), path: "squad.json")
    let sample = DocumentSample(data.questions[0], of: data.documents, draws: SeededRandom(seed: 1))
    #expect(sample.sizes.lowerBound == 1)
    #expect(sample.layout(size: 1).context == "Document 1:\nThe Elbe is a river.")
    let two = sample.layout(size: 2)
    #expect(two.context.contains("Elbe") && two.context.contains("Oder") && !two.context.contains("Brocken"))
    #expect(two.context.contains("Document 2:\n") && two.filling == "The Brocken is a hill.\n\n")
    // A fourth repeats the first; what fills the rest never has the answer.
    let four = sample.layout(size: 4)
    #expect(four.context.components(separatedBy: "Elbe").count == 3)
    #expect(!sample.layout(size: 3).filling.contains("river"))
  }

  @Test(
    "a file of another form is refused by name with what is wrong",
    arguments: [
      ("[]", "SQuAD"), ("{\"data\": []}", "no question"), ("{\"data\": 1}", "'data' has the wrong type"),
      (#"{"data": [{"paragraphs": [{"context": "C", "qas": [{"question": "Q?", "answers": []}]}]}]}"#, "no answer"),
      (#"{"data": [{"paragraphs": [{"context": "C", "qas": [{"answers": []}]}]}]}"#, "no field 'question'"),
    ])
  func damaged(json: String, words: String) {
    let error = #expect(throws: BenchmarkFileError.self) { try RulerDocuments.squad(Data(json.utf8), path: "f.json") }
    #expect(error?.description.contains("'f.json'") == true)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test("HotpotQA's file is refused for questions without documents, and samples beyond its questions, too")
  func hotpotRefusals() throws {
    for (json, words) in [
      (#"[{"question": "Q?", "answer": "A", "context": []}]"#, "no document"),
      (#"[{"question": "Q?", "answer": "", "context": [["T", ["S"]]]}]"#, "no answer"), ("{}", "HotpotQA"),
    ] {
      let error = #expect(throws: BenchmarkFileError.self) { try RulerDocuments.hotpot(Data(json.utf8), path: "f") }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
    let error = #expect(throws: RetrievalRefusal.self) { try RulerTexts.text(.hotpot, length: 4000, sample: 1) }
    #expect(error?.description.contains("qa_2 has 1 questions") == true)
  }
}
