import Core
import Yams

/// The text of a policy file, in YAML: integers, and a policy and a scaling of RoPE as options take them.
struct PolicyText: Hashable {
  /// Why a text is rejected, as the predicate of a sentence whose subject is the file.
  struct Refusal: Error, Hashable {
    let reason: String
  }

  static let maximumByteCount = 64 * 1024
  /// The keys and the smallest value of each.
  private static let smallest = ["group_size": 1, "neighbor_window": 0, "trained_length": 1]

  private static let policyKey = "policy"
  private static let ropeKey = "rope_scaling"

  /// By key; every value is within its bounds.
  private(set) var values: [String: Int] = [:]
  private(set) var policy: PolicyRequest?
  private(set) var rope: RopeOverride?

  init(_ bytes: [UInt8]) throws(Refusal) {
    guard bytes.count <= Self.maximumByteCount, let text = String(validating: bytes, as: UTF8.self) else {
      throw Refusal(reason: "is not UTF-8 text of at most \(Self.maximumByteCount) bytes")
    }
    guard !Self.hasAlias(bytes) else {
      throw Refusal(reason: "has an alias ('*name'); write the numbers out")
    }
    try decode(text)
    if policy != nil, values["group_size"] != nil || values["neighbor_window"] != nil {
      throw Refusal(reason: "has group_size or neighbor_window beside policy, which has them; leave them out")
    }
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let smallest = Self.smallest[key] else {
        let known = (Self.smallest.keys + [Self.policyKey, Self.ropeKey]).sorted().joined(separator: ", ")
        throw Refusal(reason: "has the unknown key '\(key.prefix(40))'; known: \(known)")
      }
      guard (smallest...Limits.maximumContext).contains(value) else {
        throw Refusal(reason: "has \(key): \(value); it must be between \(smallest) and \(Limits.maximumContext)")
      }
    }
  }

  /// Rejects aliases, because a few lines of nested aliases expand beyond any memory. A star between words or before a
  /// space is not an alias, so that comments may contain stars.
  static func hasAlias(_ bytes: [UInt8]) -> Bool {
    let spaces = Array(" \t\r\n".utf8)
    return bytes.indices.contains { index in
      guard bytes[index] == UInt8(ascii: "*"), index + 1 < bytes.count, !spaces.contains(bytes[index + 1]) else {
        return false
      }
      return index == 0 || !Character(Unicode.Scalar(bytes[index - 1])).isWordCharacter
    }
  }

  /// Reads values as written. YAML's own integers may be in base sixty, whose conversion in the library traps on
  /// overflow.
  private mutating func decode(_ text: String) throws(Refusal) {
    let form = Refusal(reason: "is not YAML of the form 'group_size: 8', one integer per line")
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch { throw form }
    // An empty text is an empty policy.
    guard let root else { return }
    guard case .mapping(let lines) = root else { throw form }
    for (key, value) in lines {
      if key.scalar?.string == Self.policyKey, let name = value.scalar?.string {
        do throws(PolicyTextError) {
          policy = try PolicyRequest(name)
        } catch {
          throw Refusal(reason: "has the policy \(error)")
        }
        continue
      }
      if key.scalar?.string == Self.ropeKey, let name = value.scalar?.string {
        do throws(RopeOverrideError) {
          rope = try RopeOverride(name)
        } catch {
          throw Refusal(reason: "has \(Self.ropeKey): \(error)")
        }
        continue
      }
      guard let name = key.scalar?.string, let number = value.scalar.flatMap({ Int($0.string) }) else { throw form }
      values[name] = number
    }
  }
}

extension Character {
  fileprivate var isWordCharacter: Bool { isASCII && (isLetter || isNumber) }
}
