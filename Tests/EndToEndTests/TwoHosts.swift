import Foundation
import Glibc
import Testing

/// Two hosts on this machine: network namespaces joined by a virtual cable, removed with this object.
final class TwoHosts: Sendable {
  let names: (String, String)
  let addresses: (String, String)
  /// The cable, when it is not a perfect one.
  let lossy: LossyCable?

  /// With a perfect cable unless told otherwise. Nil, with a printed note, where namespaces cannot be made.
  init?(cable quality: CableQuality? = nil) throws {
    guard getuid() == 0 else {
      print("skipped: network namespaces need root")
      return nil
    }
    let mark = String(UInt16.random(in: 0...UInt16.max), radix: 16)
    let ends = ("v\(mark)a", "v\(mark)b")
    names = ("lh\(mark)a", "lh\(mark)b")
    let net = "10.\(UInt8.random(in: 100...250)).\(UInt8.random(in: 1...250))"
    addresses = ("\(net).1", "\(net).2")
    lossy = quality.flatMap { LossyCable(names: ends, quality: $0) }
    if quality != nil, lossy == nil {
      print("skipped: no network devices can be made through /dev/net/tun here")
      return nil
    }
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
      print("skipped: ip \(command.joined(separator: " ")) failed here")
      return nil
    }
    lossy?.carry()
  }

  deinit {
    lossy?.end()
    _ = Self.ip(["netns", "del", names.0])
    _ = Self.ip(["netns", "del", names.1])
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
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["ip"] + arguments
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
