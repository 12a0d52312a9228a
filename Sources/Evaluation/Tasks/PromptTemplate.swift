package import Foundation

/// A prompt template with a document and a question.
package struct PromptTemplate: Hashable, Sendable {
  private let text: String

  /// - Throws: when the template has no placeholder, which would make every prompt the same.
  package init(_ text: String) throws(BenchmarkFileError) {
    guard text.contains("{context}") || text.contains("{input}") else {
      throw BenchmarkFileError(reason: "a template has neither {context} nor {input}: '\(text.prefix(60))'")
    }
    self.text = text
  }

  /// Fills in both at once, so that a document containing `{input}` stays unchanged.
  package func filled(context: String, input: String) -> String {
    var result = ""
    var rest = text[...]
    while let brace = rest.firstIndex(of: "{") {
      result += rest[..<brace]
      rest = rest[brace...]
      if rest.hasPrefix("{context}") {
        result += context
        rest = rest.dropFirst("{context}".count)
      } else if rest.hasPrefix("{input}") {
        result += input
        rest = rest.dropFirst("{input}".count)
      } else {
        result += "{"
        rest = rest.dropFirst()
      }
    }
    return result + rest
  }

  /// Replaces templates by those of a JSON object, such as LongBench's `dataset2prompt.json`; other tasks keep theirs.
  package static func replacing(
    templatesOf tasks: [BenchmarkTask], from json: Data
  ) throws(BenchmarkFileError) -> [BenchmarkTask] {
    guard let templates = try? JSONDecoder().decode([String: String].self, from: json) else {
      throw BenchmarkFileError(reason: "the prompts are not a JSON object of task names and templates")
    }
    var replaced: [BenchmarkTask] = []
    for var task in tasks {
      if let template = templates[task.name] {
        _ = try PromptTemplate(template)
        task.template = template
      }
      replaced.append(task)
    }
    return replaced
  }
}
