import Attention
import Cluster
import Credentials
import Inference
import Transport
import Wire

@testable import Worker

extension FuzzTarget {
  /// Headers of forward frames, one after the other, through what a stage admits of them.
  static let forward = FuzzTarget(name: "forward") {
    let plain = Samples.forwardHeaders.map { InputReader.written($0.encoded()) }
    return plain + [Array(plain.joined())]
  } run: { bytes in
    guard let store else { return }
    var reader = InputReader(bytes)
    var held = StageSequences(store: store, vocabularySize: 10, contextLength: 512, isLast: true)
    while !reader.isEmpty {
      guard let header = try? reader.part().withUnsafeBytes({ try ForwardHeader(decoding: $0) }) else { continue }
      require(header.expectedPayloadByteCount >= 0, "sizes do not overflow")
      require(decoded(header) == header, "what was accepted can be sent on")
      held.release(header.releases)
      _ = try? held.admit(header.entries)
    }
  }

  /// Room for a handful of pages of a tiny model; admitting stores nothing in it.
  private static let store: KVPageStore? = {
    let configuration = ModelConfiguration(
      name: "tiny", architecture: "llama", layerCount: 1, hiddenSize: 8, feedForwardSize: 8, queryHeadCount: 1,
      keyValueHeadCount: 1, headDimension: 8, vocabularySize: 10, trainedLength: 64, normEpsilon: 1e-5,
      rope: RopeConfiguration(base: 10_000, rotaryDimension: 8, layout: .interleaved, scaling: .none),
      hasTiedHead: true)
    return try? KVPageStore(
      geometry: KVGeometry(configuration: configuration, elementType: .f32), layerCount: 1, pageCount: 16)
  }()

  private static func decoded(_ header: ForwardHeader) -> ForwardHeader? {
    try? header.encoded().withUnsafeBytes { try ForwardHeader(decoding: $0) }
  }

  static let result = FuzzTarget(name: "result") {
    Samples.stepResults.map { $0.encoded() }
  } run: { bytes in
    guard let result = try? bytes.withUnsafeBytes({ try StepResult(decoding: $0) }) else { return }
    require(result.expectedPayloadByteCount >= 0, "sizes do not overflow")
    let again = try? result.encoded().withUnsafeBytes { try StepResult(decoding: $0) }
    require(again == result, "what was accepted can be sent on")
  }

  /// Messages of workers, one after the other, through membership and rollout.
  static let workerMessage = FuzzTarget(name: "worker-message") {
    let parts = Samples.workerMessages.map { InputReader.written($0.encoded()) }
    return parts + [Array(parts.joined())]
  } run: { bytes in
    var reader = InputReader(bytes)
    var membership = Membership(timeouts: .init(suspectAfter: .seconds(2), deadAfter: .seconds(6)))
    var rollout = PlanRollout(epoch: PlanEpoch(1), neededWorkerCount: 2, stallLimit: .seconds(60))
    var now = Duration.zero
    while !reader.isEmpty {
      let part = reader.part()
      guard let message = try? part.withUnsafeBytes({ try WorkerMessage(decoding: $0) }) else { continue }
      let again = try? message.encoded().withUnsafeBytes { try WorkerMessage(decoding: $0) }
      require(again == message, "what was accepted can be sent on")
      now += .milliseconds(part.count)
      switch message {
      case .register(let registration):
        _ = try? Endpoint(registration.dataEndpoint)
        guard
          (try? membership.register(name: registration.name, incarnation: registration.incarnation, now: now)) != nil
        else { continue }
        if case .makePlan(let workers)? = rollout.event(.workerJoined(registration.name), now: now).first {
          _ = rollout.event(.planned(workers), now: now)
        }
      case .heartbeat(let beat):
        for member in membership.members {
          _ = membership.heartbeat(
            name: member.name, incarnation: beat.incarnation, progress: beat.progress, now: now)
        }
      case .loadProgress(_, let fraction):
        for member in membership.members {
          _ = rollout.event(.loadProgress(worker: member.name, fraction: fraction), now: now)
        }
      default: _ = membership.tick(now: now)
      }
      _ = rollout.event(.tick, now: now)
    }
  }

  static let coordinatorMessage = FuzzTarget(name: "coordinator-message") {
    Samples.coordinatorMessages.map { $0.encoded() }
  } run: { bytes in
    guard let message = try? bytes.withUnsafeBytes({ try CoordinatorMessage(decoding: $0) }) else { return }
    let again = try? message.encoded().withUnsafeBytes { try CoordinatorMessage(decoding: $0) }
    require(again == message, "what was accepted can be sent on")
    if case .assignStage(let assignment) = message { _ = try? Endpoint(assignment.nextEndpoint) }
  }

  /// Frames, and whether their seal holds.
  static let seal = FuzzTarget(name: "seal") {
    let sealed = Message(frames: [Frame([1, 2, 3]), Frame([4])]).sealed()
    return [Array(sealed.frames.map { frame in InputReader.written(frame.withUnsafeBytes { Array($0) }) }.joined())]
  } run: { bytes in
    var reader = InputReader(bytes)
    var frames: [Frame] = []
    while !reader.isEmpty, frames.count < 8 { frames.append(Frame(reader.part())) }
    let message = Message(frames: frames)
    if case .whole(let opened) = message.opened() {
      guard case .whole = opened.sealed().opened() else { return require(false, "a seal holds") }
    }
    guard case .whole = message.sealed().opened() else { return require(frames.isEmpty, "a new seal holds") }
  }

  /// Key files, lists of workers, tokens, endpoints.
  static let configuration = FuzzTarget(name: "configuration") {
    [
      "name a\nsecret \(String(repeating: "1f", count: 32))\ncoordinator tcp://10.0.0.1:7070\n",
      "node-1 \(String(repeating: "ab", count: 32))\n# c\n", "lh1_abcd12345678", "tcp://[::1]:7070", "ipc:///a/b",
      "inproc://x", "tcp://*:1",
    ].map { Array($0.utf8) }
  } run: { bytes in
    let text = String(decoding: bytes, as: UTF8.self)
    if let endpoint = try? Endpoint(text, allowsAnyHost: true) {
      require((try? Endpoint(endpoint.description, allowsAnyHost: true)) == endpoint, "endpoints read what they print")
    }
    CredentialFuzzing.read(text)
  }
}
