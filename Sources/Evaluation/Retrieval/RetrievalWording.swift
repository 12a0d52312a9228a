import Foundation

/// The text around hidden numbers. `{key}` stands for the number, `{label}` for its label when there are several.
package struct RetrievalWording: Hashable, Sendable {
  /// The start; may be empty.
  package var opening: String
  /// Hides a number. Requires `{key}`.
  package var statement: String
  /// The end, which the model completes.
  package var question: String

  package init(opening: String, statement: String, question: String) {
    (self.opening, self.statement, self.question) = (opening, statement, question)
  }

  /// The passkey task of the SelfExtend paper.
  package static let passkey = RetrievalWording(
    opening: "There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will "
      + "quiz you about the important information there.",
    statement: "The pass key is {key}. Remember it. {key} is the pass key.",
    question: "What is the pass key? The pass key is")

  /// Several numbers with labels.
  package static let labeled = RetrievalWording(
    opening: "", statement: "The number of the {label} is {key}.",
    question: "What is the number of the {label}? The number of the {label} is")

  /// The usual filler of the passkey task.
  package static let filler =
    "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again."

  static let locks = ["door", "gate", "box", "chest", "room", "house", "tower", "boat", "safe", "cabin"]
  static let colors = ["red", "blue", "green", "yellow", "white", "black", "brown", "grey", "golden", "silver"]

  func check(needsLabels: Bool) throws(RetrievalRefusal) {
    guard statement.contains("{key}") else { throw RetrievalRefusal("the statement '\(statement)' has no {key}") }
    guard !question.isEmpty else { throw RetrievalRefusal("the question must not be empty") }
    guard !question.contains("{key}"), !opening.contains("{key}") else {
      throw RetrievalRefusal("{key} must occur in the statement only; elsewhere it reveals the answer")
    }
    guard !needsLabels || (statement.contains("{label}") && question.contains("{label}")) else {
      throw RetrievalRefusal("with several keys, statement and question require {label}")
    }
  }

  func statement(key: String, label: String) -> String { Self.fill(statement, key: key, label: label) }
  func question(label: String) -> String { Self.fill(question, key: "", label: label) }

  private static func fill(_ template: String, key: String, label: String) -> String {
    template.replacingOccurrences(of: "{label}", with: label).replacingOccurrences(of: "{key}", with: key)
  }
}
