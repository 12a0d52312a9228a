import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("run with a schema or a grammar")
  struct Constraints {
    private static let schema = """
      {"type": "object", "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer",
      "minimum": 0, "maximum": 120}, "tags": {"type": "array", "items": {"enum": ["red", "blue"]}, "maxItems": 3}},
      "required": ["name", "age", "tags"], "additionalProperties": false}
      """

    private struct Person: Decodable {
      let name: String
      let age: Int
      let tags: [String]
    }

    private func answer(_ source: String, option: String, _ arguments: [String]) async throws -> String {
      let folder = try ScratchFolder()
      let outcome = try await Program.run(
        ["run", SharedFiles.demo, "-p", "Once upon a time", option, try folder.write(source, to: "source")] + arguments)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return outcome.text
    }

    @Test("answers are valid under the schema, the same with any number of workers", arguments: [0, 7])
    func validAnswers(seed: Int) async throws {
      var answers: Set<String> = []
      for workers in 1...3 {
        let text = try await answer(
          Self.schema, option: "--json-schema",
          [
            "--workers", "\(workers)", "--max-tokens", "1200", "--seed", "\(seed)", "--temperature",
            seed == 0 ? "0" : "1.5",
          ])
        let person = try JSONDecoder().decode(Person.self, from: Data(text.utf8))
        #expect(person.name.unicodeScalars.count <= 12 && (0...120).contains(person.age) && person.tags.count <= 3)
        #expect(Set(person.tags).isSubset(of: ["red", "blue"]))
        answers.insert(text)
      }
      #expect(answers.count == 1)
    }

    @Test("answers match the grammar")
    func grammar() async throws {
      let text = try await answer(
        #"root ::= "yes, " [a-f]{3} "!" | "no""#, option: "--grammar", ["--temperature", "2", "--seed", "3"])
      #expect(text.trimmingCharacters(in: .newlines).wholeMatch(of: /yes, [a-f]{3}!|no/) != nil)
    }

    @Test("what cannot be enforced is refused with the keyword and its place")
    func refusal() async throws {
      let folder = try ScratchFolder()
      let outcome = try await Program.run([
        "run", SharedFiles.demo, "-p", "x", "--json-schema",
        try folder.write(#"{"properties": {"a": {"not": {}}}}"#, to: "schema"),
      ])
      #expect(outcome.status != 0 && outcome.errors.contains("#/properties/a/not cannot be enforced"))
    }
  }
}
