import Foundation

/// The words around hidden numbers. `{key}` stands for the number, `{label}` for its name where there are several.
package struct RetrievalWording: Hashable, Sendable {
  /// Stands first; may be empty.
  package var opening: String
  /// Hides a number. Needs `{key}`.
  package var statement: String
  /// Stands last and is what the model goes on with.
  package var question: String

  package init(opening: String, statement: String, question: String) {
    (self.opening, self.statement, self.question) = (opening, statement, question)
  }

  /// The pass-key task as the SelfExtend paper runs it.
  package static let passkey = RetrievalWording(
    opening: "There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will "
      + "quiz you about the important information there.",
    statement: "The pass key is {key}. Remember it. {key} is the pass key.",
    question: "What is the pass key? The pass key is")

  /// Several numbers with labels.
  package static let labelled = RetrievalWording(
    opening: "", statement: "The number of the {label} is {key}.",
    question: "What is the number of the {label}? The number of the {label} is")

  /// The pass-key task's usual filler.
  package static let filler =
    "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."

  static let locks = ["door", "gate", "box", "chest", "room", "house", "tower", "boat", "safe", "cabin"]
  static let colours = ["red", "blue", "green", "yellow", "white", "black", "brown", "grey", "golden", "silver"]

  func check(needsLabels: Bool) throws(RetrievalRefusal) {
    guard statement.contains("{key}") else { throw RetrievalRefusal("the statement '\(statement)' lacks {key}") }
    guard !question.isEmpty else { throw RetrievalRefusal("the question must not be empty") }
    guard !question.contains("{key}"), !opening.contains("{key}") else {
      throw RetrievalRefusal("{key} belongs in the statement only: elsewhere it would give the answer away")
    }
    guard !needsLabels || (statement.contains("{label}") && question.contains("{label}")) else {
      throw RetrievalRefusal("with several keys, both statement and question need {label}")
    }
  }

  func statement(key: String, label: String) -> String { Self.fill(statement, key: key, label: label) }
  func question(label: String) -> String { Self.fill(question, key: "", label: label) }

  private static func fill(_ template: String, key: String, label: String) -> String {
    template.replacingOccurrences(of: "{label}", with: label).replacingOccurrences(of: "{key}", with: key)
  }
}
