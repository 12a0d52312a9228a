import Core

/// Reads the ids that a checkpoint gives its special tokens. What cannot be one is left out, with a warning: the text
/// of the model does not depend on it.
struct SpecialTokens {
  private let metadata: Metadata
  private let tokenCount: Int
  private(set) var warnings: [String] = []

  init(_ metadata: Metadata, tokenCount: Int) {
    self.metadata = metadata
    self.tokenCount = tokenCount
  }

  /// The tokens of a key: one id, or an array of them, the main one first.
  /// - Throws: `CheckpointError` for a value that is no number.
  mutating func tokens(_ key: String) throws(CheckpointError) -> [TokenID] {
    let numbers: [Int?]
    switch metadata[key] {
    case nil: return []
    // Some converters write the largest number, or -1, for "none".
    case .unsigned(UInt64(UInt32.max)), .signed(-1): return []
    case .unsigned(let number): numbers = [Int(exactly: number)]
    case .signed(let number): numbers = [Int(exactly: number)]
    case .array(let array):
      guard array.count <= tokenCount, let integers = array.integers() else {
        throw metadata.refusal(key, "is not an array of token ids")
      }
      numbers = integers
    case .float, .bool, .string: throw metadata.refusal(key, "is not an integer")
    }
    var found: [TokenID] = []
    for number in numbers {
      guard let number, (0..<tokenCount).contains(number) else {
        let shown = number.map { "\($0)" } ?? "a larger number than there are"
        warnings.append("\(metadata.fileName): \(key) is \(shown), and there are \(tokenCount) tokens; it is left out")
        continue
      }
      found.append(TokenID(number))
    }
    return found
  }
}
