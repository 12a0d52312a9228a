/// Why a model file was refused: which file, which of its fields or tensors, what is wrong, and what to do
/// about it.
///
/// Every text taken from the file itself is made printable and short before it enters one of these.
package struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's name, without its folder.
  package let file: String
  /// The metadata key or tensor meant; nil means the file as a whole.
  package let subject: String?
  /// What is wrong, as the rest of a sentence that begins with the subject.
  package let problem: String
  /// What the reader of this can do.
  package let remedy: String

  package init(file: String, subject: String?, problem: String, remedy: String) {
    self.file = file
    self.subject = subject
    self.problem = problem
    self.remedy = remedy
  }

  package var description: String {
    guard let subject else { return "\(file): \(problem); \(remedy)" }
    return "\(file): \(subject) \(problem); \(remedy)"
  }
}

extension CheckpointError {
  /// The bytes contradict themselves or end too early.
  static func damaged(_ file: String, _ subject: String?, _ problem: String) -> CheckpointError {
    CheckpointError(
      file: file, subject: subject, problem: problem,
      remedy: "the file is damaged or incomplete: download or convert it again")
  }

  /// The file may be sound, but says something that cannot be obeyed.
  static func invalid(_ file: String, _ subject: String?, _ problem: String) -> CheckpointError {
    CheckpointError(
      file: file, subject: subject, problem: problem,
      remedy: "convert the model again with a current converter, or use another file of it")
  }

  /// The file is sound and this version cannot read it.
  static func unsupported(
    _ file: String, _ subject: String?, _ problem: String, remedy: String
  ) -> CheckpointError {
    CheckpointError(file: file, subject: subject, problem: problem, remedy: remedy)
  }
}

/// How a tensor is named in messages.
func tensorSubject(_ name: String) -> String { "tensor '\(name)'" }

/// A text from a file, fit for a terminal: one line, no control characters, at most `limit` characters.
func printable(_ text: String, limit: Int = 80) -> String {
  var result = ""
  for scalar in text.unicodeScalars.prefix(limit) {
    switch scalar {
    case "\n": result += "\\n"
    case "\t": result += "\\t"
    case "\r": result += "\\r"
    default:
      // Format characters could reverse or hide what stands around them.
      let isHarmless = !scalar.properties.generalCategory.isInvisible
      result.unicodeScalars.append(isHarmless ? scalar : "?")
    }
  }
  return text.unicodeScalars.dropFirst(limit).isEmpty ? result : result + "…"
}

extension Unicode.GeneralCategory {
  fileprivate var isInvisible: Bool {
    switch self {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
