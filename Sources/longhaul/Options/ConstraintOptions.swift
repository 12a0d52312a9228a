import ArgumentParser
import Core
import Grammars

/// What the answer must match.
struct ConstraintOptions: ParsableArguments {
  @Option(help: "A file with a JSON Schema (draft 2020-12) that the answer is valid under.")
  var jsonSchema: String?

  @Option(help: "A file with a grammar in GBNF, llama.cpp's notation, that the answer matches.")
  var grammar: String?

  func validate() throws {
    guard jsonSchema == nil || grammar == nil else {
      throw ValidationError("pass --json-schema or --grammar, not both")
    }
  }

  /// - Throws: `CommandFailure` for a file that cannot be read or enforced.
  func constraint() throws -> TextConstraint? {
    guard let path = jsonSchema ?? grammar else { return nil }
    let constraint = TextConstraint(kind: jsonSchema == nil ? .gbnf : .jsonSchema, source: try InputFile.text(path))
    do {
      try constraint.validate()
      try Grammar.check(constraint)
    } catch {
      throw CommandFailure(.usage, "'\(path)': \(error)")
    }
    return constraint
  }
}
