import Inference
import Yams

/// The text of a policy file: at most three whole numbers, in YAML.
struct PolicyText: Hashable {
  /// What is wrong with a text, as the rest of a sentence that begins with its file's name.
  struct Refusal: Error, Hashable {
    let what: String
  }

  static let maximumByteCount = 64 * 1024
  /// The keys and the smallest value of each.
  private static let smallest = ["group_size": 1, "neighbor_window": 0, "trained_length": 1]

  /// By key; every value is within its bounds.
  let values: [String: Int]

  init(_ bytes: [UInt8]) throws(Refusal) {
    guard bytes.count <= Self.maximumByteCount, let text = String(validating: bytes, as: UTF8.self) else {
      throw Refusal(what: "is no UTF-8 text of at most \(Self.maximumByteCount) bytes")
    }
    guard !Self.hasAlias(bytes) else {
      throw Refusal(what: "has an alias ('*name'), which three numbers do not need; write the numbers out")
    }
    values = try Self.decoded(text)
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let smallest = Self.smallest[key] else {
        let known = Self.smallest.keys.sorted().joined(separator: ", ")
        throw Refusal(what: "has the unknown key '\(key.prefix(40))'; known: \(known)")
      }
      guard (smallest...Limits.maximumContext).contains(value) else {
        throw Refusal(what: "has \(key): \(value); it must be \(smallest) to \(Limits.maximumContext)")
      }
    }
  }

  /// A few lines of aliases of aliases stand for more than any reader can compare. Between words and before a space a
  /// star is none, so that comments may have some.
  private static func hasAlias(_ bytes: [UInt8]) -> Bool {
    let spaces = Array(" \t\r\n".utf8)
    return bytes.indices.contains { index in
      guard bytes[index] == UInt8(ascii: "*"), index + 1 < bytes.count, !spaces.contains(bytes[index + 1]) else {
        return false
      }
      return index == 0 || !Character(Unicode.Scalar(bytes[index - 1])).isWordCharacter
    }
  }

  /// Values are taken as they are written: YAML's own numbers may be in base sixty, which the library adds up until it
  /// traps.
  private static func decoded(_ text: String) throws(Refusal) -> [String: Int] {
    let form = Refusal(what: "is not YAML of the form 'group_size: 8', one whole number a line")
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch { throw form }
    // A text without any value is a policy without any number.
    guard let root else { return [:] }
    guard case .mapping(let lines) = root else { throw form }
    var values: [String: Int] = [:]
    for (key, value) in lines {
      guard let name = key.scalar?.string, let number = value.scalar.flatMap({ Int($0.string) }) else { throw form }
      values[name] = number
    }
    return values
  }
}

extension Character {
  fileprivate var isWordCharacter: Bool { isASCII && (isLetter || isNumber) }
}
