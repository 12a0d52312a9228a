import Core
import Testing
import Wire

@Suite("Hostile bytes")
struct HostileBytesTests {
  @Test("Another version is recognized, whatever else the message holds")
  func version() {
    for message in Samples.workerMessages {
      var bytes = message.encoded()
      bytes[1] = 1
      #expect(WorkerMessage.decode(bytes).error == .version(theirs: 1, ours: 3))
      bytes = [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF]
      #expect(WorkerMessage.decode(bytes).error == .version(theirs: .max, ours: 3))
    }
    #expect(WireError.version(theirs: 2, ours: 1).description.contains("version 2"))
  }

  @Test(
    "What has no version first is no message",
    arguments: [
      [], [0x08], [0x08, 0x80], [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x12, 0x00, 0x08, 0x01], [0x00], [0xFF],
    ] as [[UInt8]])
  func noVersion(bytes: [UInt8]) {
    #expect(WorkerMessage.decode(bytes).error == .malformed(message: "worker message"))
    #expect(CoordinatorMessage.decode(bytes).error == .malformed(message: "coordinator message"))
    #expect(ForwardHeader.decode(bytes).error == .malformed(message: "forward header"))
    #expect(StepResult.decode(bytes).error == .malformed(message: "step result"))
  }

  @Test("A control message without a body, or of a kind unknown here, is refused")
  func withoutBody() {
    #expect(WorkerMessage.decode([0x08, 3]).refusedField == "body")
    #expect(CoordinatorMessage.decode([0x08, 3, 0xFA, 0x01, 1, 7]).refusedField == "body")
  }

  @Test("No truncation and no flipped bit traps, and what is accepted can be sent again")
  func mutations() {
    mutate(Samples.workerMessages)
    mutate(Samples.coordinatorMessages)
    mutate(Samples.forwardHeaders)
    mutate(Samples.stepResults)
    mutate(Samples.manifests)
  }

  private func mutate<Message: WireMessage>(_ messages: [Message]) {
    for message in messages {
      let bytes = message.encoded()
      for count in bytes.indices { check(Message.self, Array(bytes[..<count])) }
      for bit in 0..<(bytes.count * 8) {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        check(Message.self, flipped)
      }
    }
  }

  private func check<Message: WireMessage>(_ type: Message.Type, _ bytes: [UInt8]) {
    guard case .success(let message) = Message.decode(bytes) else { return }
    #expect(message.afterTheWire == .success(message), "\(bytes)")
  }

  @Test("Random bytes behind a right version never trap")
  func random() {
    var state: UInt64 = 20_240_917
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    for _ in 0..<20_000 {
      // Small numbers make keys and lengths that often fit.
      let bytes =
        [0x08, 0x02]
        + (0..<Int(next() % 40)).map { _ in
          UInt8(truncatingIfNeeded: next() % 3 == 0 ? next() : next() % 48)
        }
      check(WorkerMessage.self, bytes)
      check(CoordinatorMessage.self, bytes)
      check(ForwardHeader.self, bytes)
      check(StepResult.self, bytes)
    }
  }

  @Test("A message longer than its kind can be is refused unread")
  func tooLong() {
    let control = [UInt8](repeating: 8, count: WireLimits.maximumControlByteCount + 1)
    #expect(
      WorkerMessage.decode(control).error
        == .tooLong(message: "worker message", byteCount: control.count, limit: WireLimits.maximumControlByteCount))
    let header = [UInt8](repeating: 8, count: WireLimits.maximumHeaderByteCount + 1)
    #expect(
      ForwardHeader.decode(header).error
        == .tooLong(message: "forward header", byteCount: header.count, limit: WireLimits.maximumHeaderByteCount))
  }

  @Test("Bytes that would unfold into far more memory are refused")
  func amplification() {
    // Empty entries: two bytes each on the wire, a whole C message each in memory.
    let entries = versionThenEmpty(key: 0x2A, count: 500_000)
    #expect(ForwardHeader.decode(entries).error == .amplified(message: "forward header", byteCount: entries.count))
    // The same with fields that do not exist.
    let unknown = versionThenEmpty(key: 0x7A, count: 400_000)
    #expect(StepResult.decode(unknown).error == .amplified(message: "step result", byteCount: unknown.count))
  }

  /// The version, then a field of length 0 again and again.
  private func versionThenEmpty(key: UInt8, count: Int) -> [UInt8] {
    [0x08, UInt8(ProtocolVersion.current)] + (0..<(2 * count)).map { $0 % 2 == 0 ? key : 0 }
  }
}
