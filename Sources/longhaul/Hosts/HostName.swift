import Core
import Credentials

/// A host as ssh finds it: `NAME` or `USER@NAME`. A name of ~/.ssh/config, a DNS name, or an address.
struct HostName: Hashable, Comparable, CustomStringConvertible {
  /// What is wrong, as the rest of a sentence.
  struct Refusal: Error, Hashable { let reason: String }

  let description: String

  /// The host's worker, and its name in what is shown: without the user; an IPv6 address with dashes.
  var name: String {
    let host = description.split(separator: "@").last.map(String.init) ?? description
    return host.replacing(":", with: "-")
  }

  init(_ text: String) throws(Refusal) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ Self.isPlain($0) }) else {
      throw Refusal(
        reason:
          "'\(text.prefix(80))' is not a host; write NAME or USER@NAME with letters, digits, '.', '-', '_' and ':'")
    }
    description = text
    do { try KeyFile.check(name: name) } catch { throw Refusal(reason: "\(error)") }
  }

  /// A list, separated by commas.
  /// - Throws: `CommandFailure` that names the host.
  static func list(_ text: String) throws -> [HostName] {
    try list(text.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
  }

  static func list(_ names: [String]) throws -> [HostName] {
    var hosts: [HostName] = []
    for name in names {
      do { hosts.append(try HostName(name)) } catch { throw CommandFailure(.usage, error.reason) }
    }
    guard !hosts.isEmpty, hosts.count <= Limits.maximumWorkerCount else {
      throw CommandFailure(.usage, "there must be 1 to \(Limits.maximumWorkerCount) hosts, not \(hosts.count)")
    }
    let doubled = Dictionary(grouping: hosts, by: \.name).filter { $0.value.count > 1 }.keys.min()
    if let doubled { throw CommandFailure(.usage, "'\(doubled)' is there twice among the hosts") }
    return hosts
  }

  static func < (left: HostName, right: HostName) -> Bool { left.description < right.description }

  /// No option of ssh, and nothing that a shell or a path reads in another way.
  private static func isPlain(_ part: Substring) -> Bool {
    guard let first = part.utf8.first, first != UInt8(ascii: "-"), part.utf8.count <= 253 else { return false }
    return part.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-_.:".utf8.contains(byte)
    }
  }
}
