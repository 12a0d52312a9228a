import Fixtures
import Foundation
import Core
import Synchronization
import Testing
import Transport
import Wire

extension EndToEnd {
  /// `LONGHAUL_NOISE_FRAMES` says how many malformed frames each cluster gets.
  @Suite("Noise at every open port while clients are served")
  struct Noise {
    private static let frameCount =
      ProcessInfo.processInfo.environment["LONGHAUL_NOISE_FRAMES"].flatMap { Int($0) } ?? 20_000
    private static let body = #"{"prompt": "Once upon a time", "max_tokens": 60, "temperature": 0, "ignore_eos": true}"#

    @Test("malformed frames change no answer and end no process, with keys and without", arguments: [true, false])
    func noise(hasKeys: Bool) async throws {
      let cluster = try await SecuredCluster(hasKeys: hasKeys)
      try await cluster.start()
      let expected = try await cluster.completion(Self.body)
      let processes = cluster.workers + [try #require(cluster.coordinator)]
      let ports = processes.flatMap { Listeners.of($0.processIdentifier).map(\.port) }
      #expect(ports.count == 7)
      let isOver = Atomic(false)
      let noise = Task.detached {
        defer { isOver.store(true, ordering: .relaxed) }
        return try NoiseMaker(ports: ports).send(Self.frameCount)
      }
      var answers = 0
      repeat {
        #expect(try await cluster.completion(Self.body) == expected)
        answers += 1
      } while answers < 3 || !isOver.load(ordering: .relaxed)
      let sent = try await noise.value
      #expect(try await cluster.completion(Self.body) == expected)
      #expect(sent >= Self.frameCount)
      for process in processes { #expect(process.isRunning) }
      print("noise: \(sent) malformed frames at \(ports.count) ports, keys \(hasKeys), \(answers) answers meanwhile")
    }
  }
}

/// Connects to ports in turn and writes what no honest peer would; mostly after an honest one's first words, so that it
/// gets as far as it can.
private struct NoiseMaker {
  let ports: [UInt16]

  /// Honest messages, to be damaged.
  private static let honest: [[UInt8]] =
    [
      WorkerMessage.heartbeat(WorkerHeartbeat(incarnation: 1, epoch: .init(1), progress: 3)).encoded(),
      WorkerMessage.stageFailed(epoch: .init(1), reason: "noise").encoded(),
      WorkerMessage.leaving(reason: "noise").encoded(),
      ForwardHeader(epoch: .init(1), step: 1, hiddenSize: 64, entries: []).encoded(),
      StepResult(epoch: .init(1), step: 1, entries: [], vocabularySize: 256).encoded(),
      CoordinatorMessage.shutdown(reason: "noise").encoded(),
    ]
    + [ContentID(bytes: [UInt8](repeating: 7, count: 32))].compactMap(\.self).map {
      WorkerMessage.fetchBlock(ContentRange(content: $0, offset: 0, byteCount: 64)).encoded()
    }

  /// Sends at least `count` frames over many connections; returns how many.
  func send(_ count: Int) throws -> Int {
    var sent = 0
    var round = 0
    while sent < count {
      let port = ports[round % ports.count]
      var bytes: [UInt8] = round % 7 == 0 ? [] : PeerWords.opening(as: round % 2 == 0 ? "DEALER" : "PUSH")
      for _ in 0..<200 {
        var frame = Self.honest.randomElement() ?? []
        switch Int.random(in: 0..<4) {
        case 0: frame = (0..<Int.random(in: 0...120)).map { _ in UInt8.random(in: 0...255) }
        case 1: frame = Array(frame.prefix(Int.random(in: 0...frame.count)))
        case 2: frame[Int.random(in: 0..<frame.count)] ^= 1 << UInt8.random(in: 0..<8)
        default: frame += (0..<Int.random(in: 1...40)).map { _ in UInt8.random(in: 0...255) }
        }
        bytes += Self.written(Array(frame.prefix(255)))
      }
      // The other side hangs up when it has had enough.
      _ = RawConnection(port: port, saying: bytes, patience: 1)
      sent += 200
      round += 1
    }
    return sent
  }

  /// As a message of its own or as the beginning of one; half of them under a seal that holds, so that they are read.
  private static func written(_ frame: [UInt8]) -> [UInt8] {
    guard Bool.random() else { return [UInt8.random(in: 0...1), UInt8(frame.count)] + frame }
    let frames = Message(frame).sealed().frames.map { frame in frame.withUnsafeBytes { Array($0) } }
    return frames.enumerated().flatMap { index, frame in
      [index + 1 < frames.count ? 1 : 0, UInt8(frame.count)] + frame
    }
  }
}
