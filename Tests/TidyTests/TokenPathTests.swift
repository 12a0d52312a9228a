import Testing

@Suite("The life of a token")
struct TokenPathTests {
  /// The types that carry a request, a step or a token from one place to the next.
  private static let carriers: Set<String> = [
    "GenerationRequest", "GenerationEvent", "PreparedAnswer", "AnswerDelta", "ScheduledRequest", "ActiveSequence",
    "StepPlan", "ForwardHeader", "SequenceCache", "CacheEntry", "StepResult",
  ]
  /// They use the engine from outside: what they do is on no token's path.
  private static let clients = ["Sources/longhaul", "Sources/Evaluation", "Sources/Benchmarks"]

  @Test("every Swift file that handles what carries a token is named in Sources/README.md")
  func pathIsNamed() throws {
    let page = try #require(Tree.file("Sources/README.md")).text
    var declared: Set<String> = []
    var unnamed: [String] = []
    for file in Tree.sources {
      let code = file.lines.filter { !$0.drop { $0 == " " }.hasPrefix("//") }.joined(separator: "\n")
      for carrier in Self.carriers where code.contains("struct \(carrier)") || code.contains("enum \(carrier)") {
        declared.insert(carrier)
      }
      let words = Set(code.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
      guard !Self.clients.contains(file.folder), !words.isDisjoint(with: Self.carriers) else { continue }
      let name = file.path.split(separator: "/").last?.dropLast(".swift".count) ?? ""
      let spellings = ["`", "/", " "].flatMap { before in ["`", ",", " ", "."].map { before + name + $0 } }
      if !spellings.contains(where: page.contains) { unnamed.append(file.path) }
    }
    #expect(unnamed == [])
    #expect(declared == Self.carriers, "a carrier was renamed: say its new name in this test")
  }
}
