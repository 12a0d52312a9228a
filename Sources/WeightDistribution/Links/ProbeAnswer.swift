package import Transport
import Wire

/// What a worker sends back for probes: any bytes would do, but not such as a tunnel could pack.
package enum ProbeAnswer {
  private static let noise: [UInt8] = {
    var random = SystemRandomNumberGenerator()
    return (0..<WireLimits.blockByteCount / 8).flatMap { _ in
      withUnsafeBytes(of: random.next()) { [UInt8]($0) }
    }
  }()

  /// - Precondition: at most a block.
  package static func message(byteCount: Int) -> Message {
    precondition(byteCount <= WireLimits.blockByteCount, "a probe asks for at most a block")
    let header = Frame(CoordinatorMessage.linkProbed(byteCount: byteCount).encoded())
    guard byteCount > 0 else { return Message(frames: [header]) }
    return Message(frames: [header, Frame(byteCount: byteCount) { $0.copyBytes(from: noise.prefix(byteCount)) }])
  }
}
