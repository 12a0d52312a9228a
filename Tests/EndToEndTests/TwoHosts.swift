import Foundation
import Glibc
import Testing

/// Two hosts on this machine: network namespaces joined by a virtual cable, removed with this object.
final class TwoHosts: Sendable {
  struct Unavailable: Error {
    let what: String
  }

  let names: (String, String)
  let addresses: (String, String)
  /// The cable, when it is not a perfect one.
  let lossy: LossyCable?

  /// With a perfect cable unless `quality` is given. Throws where namespaces or the cable's devices cannot be made.
  init(cable quality: CableQuality? = nil) throws {
    let mark = String(UInt16.random(in: 0...UInt16.max), radix: 16)
    let ends = ("v\(mark)a", "v\(mark)b")
    names = ("lh\(mark)a", "lh\(mark)b")
    let net = "10.\(UInt8.random(in: 100...250)).\(UInt8.random(in: 1...250))"
    addresses = ("\(net).1", "\(net).2")
    lossy = quality.flatMap { LossyCable(names: ends, quality: $0) }
    if quality != nil, lossy == nil { throw Unavailable(what: "a network device of /dev/net/tun") }
    let cable =
      lossy == nil
      ? [["link", "add", ends.0, "netns", names.0, "type", "veth", "peer", "name", ends.1, "netns", names.1]]
      : [["link", "set", ends.0, "netns", names.0], ["link", "set", ends.1, "netns", names.1]]
    let commands =
      [["netns", "add", names.0], ["netns", "add", names.1]] + cable
      + [
        ["-n", names.0, "addr", "add", "\(addresses.0)/24", "dev", ends.0],
        ["-n", names.1, "addr", "add", "\(addresses.1)/24", "dev", ends.1],
        ["-n", names.0, "link", "set", "lo", "up"], ["-n", names.1, "link", "set", "lo", "up"],
        ["-n", names.0, "link", "set", ends.0, "up"], ["-n", names.1, "link", "set", ends.1, "up"],
      ]
    for command in commands where Self.ip(command) != 0 {
      throw Unavailable(what: "ip \(command.joined(separator: " "))")
    }
    lossy?.carry()
  }

  deinit {
    lossy?.end()
    _ = Self.ip(["netns", "del", names.0])
    _ = Self.ip(["netns", "del", names.1])
  }

  /// Whether this machine lets the tests make two hosts, and a slow cable between them.
  static func areAvailable(cable: CableQuality? = nil) -> Bool {
    (try? TwoHosts(cable: cable)) != nil
  }

  /// Calls what opens connections, as a process of the first host would, on a thread of its own.
  func onFirst<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws -> Value {
    // Swift's Glibc does not show it.
    typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
    let setns = unsafeBitCast(try #require(dlsym(nil, "setns")), to: SetNamespace.self)
    let path = "/var/run/netns/\(names.0)"
    return try await withCheckedThrowingContinuation { continuation in
      Thread {
        let host = open(path, O_RDONLY)
        defer { close(host) }
        guard host >= 0, setns(host, 0) == 0 else {
          return continuation.resume(throwing: POSIXError(.init(rawValue: errno) ?? .EIO))
        }
        continuation.resume(returning: body())
      }.start()
    }
  }

  private static func ip(_ arguments: [String]) -> Int32 {
    let process = Program.command(["ip"] + arguments)
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where no network namespaces can be made.
  static var needsTwoHosts: Self {
    .enabled("no network namespaces can be made, which needs root and iproute2") { TwoHosts.areAvailable() }
  }

  /// Skips a test where no network namespaces and no devices for a slow cable can be made.
  static var needsSlowCable: Self {
    .enabled("no network namespaces with devices of /dev/net/tun can be made, which needs root") {
      TwoHosts.areAvailable(cable: CableQuality(delay: .milliseconds(1)))
    }
  }
}
