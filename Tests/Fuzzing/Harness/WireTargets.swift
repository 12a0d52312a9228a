import Cluster
import Credentials
import Core
import Paging
import WeightDistribution
import Transport
import Wire

@testable import Worker

/// What arrives from other processes, and the texts that name them.
enum WireTargets {
  /// Headers of forward frames, one after the other, through what a stage admits of them.
  static let forward = FuzzTarget(name: "forward") {
    let plain = Samples.forwardHeaders.map { InputReader.written($0.encoded()) }
    return plain + [Array(plain.joined()), Array(cuts.map { InputReader.written($0.encoded()) }.joined())]
  } run: { bytes in
    var reader = InputReader(bytes)
    var held = StageSequences(pageCount: 16, vocabularySize: 10, contextLength: 512, isLast: true)
    while !reader.isEmpty {
      guard let header = try? reader.part().withUnsafeBytes({ try ForwardHeader(decoding: $0) }) else { continue }
      require(header.payloadByteCount(to: 1) >= 0, "sizes do not overflow")
      require(decoded(header) == header, "what was accepted can be sent on")
      held.release(header.releases)
      let admitted = held.admit(header.entries, stage: 0)
      for row in admitted.rows {
        guard let cache = row.cache else { continue }
        require(cache.startPosition == row.entry.startPosition, "an entry's rows are where it says")
        let sampling = held.sampling(of: row.entry.sequence, behind: row.entry.tokens.count)
        require(sampling != nil, "what is admitted is held")
      }
    }
  }

  /// A sequence under penalties that opens on a cached page, is drafted for, and is cut.
  private static let cuts: [ForwardHeader] = {
    var sampling = SamplingParameters.greedy
    sampling.frequencyPenalty = 1
    func header(_ start: Int, _ tokens: [TokenID], opening: SequenceStart? = nil) -> ForwardHeader {
      let entry = StepEntry(
        sequence: SequenceID(1), startPosition: start, tokens: tokens, newPages: opening == nil ? [] : [PageID(2)],
        policy: .plain(trainedLength: 64), opening: opening,
        output: StepOutput(sampledRows: 0..<tokens.count, logitsRows: 0..<1, pooling: .mean))
      return ForwardHeader(epoch: PlanEpoch(1), step: 1, hiddenSize: 8, entries: [entry])
    }
    let prefix = CachedPrefix(pages: [PageID(1)], tokens: Array(repeating: 3, count: 64))
    let opening = SequenceStart(sampling: sampling, promptTokenCount: 65, cachedPrefix: prefix)
    return [header(64, [1, 2, 3], opening: opening), header(66, [4, 5]), header(65, [6]), header(63, [7])]
  }()

  static func tiny(layerCount: Int) -> ModelConfiguration {
    ModelConfiguration(
      name: "tiny", architecture: "llama", layerCount: layerCount, hiddenSize: 8, feedForwardSize: 8,
      queryHeadCount: 1, keyValueHeadCount: 1, headDimension: 8, vocabularySize: 10, trainedLength: 64,
      normEpsilon: 1e-5,
      rope: RopeConfiguration(base: 10_000, rotaryDimension: 8, layout: .interleaved, scaling: .none),
      hasTiedHead: true)
  }

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

  /// Messages of workers, one after the other, through what decides on members, plans and epochs.
  static let workerMessage = FuzzTarget(name: "worker-message") {
    let parts = Samples.workerMessages.map { InputReader.written($0.encoded()) }
    return parts + [Array(parts.joined())]
  } run: { bytes in
    var reader = InputReader(bytes)
    var now = Duration.zero
    var control = ClusterControl(
      settings: .init(neededWorkerCount: 1), planner: planner, firstEpoch: PlanEpoch(1), now: now)
    var name = ""
    while !reader.isEmpty {
      let part = reader.part()
      now += .milliseconds(part.count)
      guard let message = try? part.withUnsafeBytes({ try WorkerMessage(decoding: $0) }) else { continue }
      let again = try? message.encoded().withUnsafeBytes { try WorkerMessage(decoding: $0) }
      require(again == message, "what was accepted can be sent on")
      switch message {
      case .register(let registration):
        _ = try? Endpoint(registration.dataEndpoint)
        _ = try? Endpoint(registration.weightsEndpoint)
        name = registration.name
        _ = try? control.register(
          WorkerResources(name: name, offer: registration.offer, loadedLayers: registration.loadedLayers),
          incarnation: registration.incarnation, now: now)
      case .heartbeat(let beat):
        let vitals = HeartbeatStatus(
          progress: beat.progress, expectedStep: beat.stepMilliseconds.map { .milliseconds($0) })
        _ = control.event(.heartbeat(worker: name, incarnation: beat.incarnation, vitals), now: now)
      case .loadProgress(let epoch, let fraction):
        _ = control.event(.loadProgress(worker: name, epoch, fraction: fraction), now: now)
      case .stageReady(let epoch, _, _, _): _ = control.event(.stageReady(worker: name, epoch), now: now)
      case .stageFailed(let epoch, let reason):
        _ = control.event(.stageFailed(worker: name, epoch, reason: reason), now: now)
      case .leaving(let reason): _ = control.event(.left(worker: name, reason: reason), now: now)
      case .draining: _ = control.event(.drain(worker: name), now: now)
      case .drain(let other): _ = control.event(.drain(worker: other), now: now)
      case .fetchManifest, .fetchBlock: break  // Answered without the cluster's control.
      }
      _ = control.event(.tick(.init(isIdle: part.count.isMultiple(of: 2), lastStep: nil)), now: now)
    }
  }

  /// For a model of two layers.
  private static let planner = LayerPlanner(
    configuration: tiny(layerCount: 2),
    weights: WeightFootprint(layerByteCounts: [1000, 1000], embeddingByteCount: 100, headByteCount: 100),
    demand: KVDemand(elementType: .i16, contextLength: 64, sequenceCount: 1, chunkTokenCount: 64))

  static let coordinatorMessage = FuzzTarget(name: "coordinator-message") {
    Samples.coordinatorMessages.map { $0.encoded() }
  } run: { bytes in
    guard let message = try? bytes.withUnsafeBytes({ try CoordinatorMessage(decoding: $0) }) else { return }
    let again = try? message.encoded().withUnsafeBytes { try CoordinatorMessage(decoding: $0) }
    require(again == message, "what was accepted can be sent on")
    var link = CoordinatorLink(incarnation: 1, reconnectTimeout: .seconds(10), now: .zero)
    for event in [CoordinatorLink.Event.connected, .heard] { _ = link.event(event, now: .zero) }
    // The same block, of the coordinator and of a worker.
    var plans = [FetchPlan(now: .zero), FetchPlan(peerCount: 1, now: .zero)]
    for index in plans.indices {
      plans[index].add([ContentRange(content: Samples.content, offset: 0, byteCount: 1)])
      hear(message, &plans[index], asked: plans[index].ask(now: .zero))
    }
    switch message {
    case .assignStage(let assignment), .expectStage(let assignment): _ = try? Endpoint(assignment.links.nextEndpoint)
    case .welcome: _ = link.event(.welcome, now: .zero)
    case .refused(let reason): _ = link.event(.refused(reason), now: .zero)
    case .rejoin(let reason): _ = link.event(.rejoin(reason), now: .zero)
    case .peers(let peers):
      for peer in peers { _ = (try? Endpoint(peer.endpoint), PublicKey(bytes: peer.key)) }
    case .shutdown, .drained, .manifest, .block, .blockRefused: break
    }
  }

  /// A source of weights has sent a message.
  private static func hear(_ message: CoordinatorMessage, _ plan: inout FetchPlan, asked: [FetchPlan.Request]) {
    let source = asked.first?.source ?? .coordinator
    switch message {
    case .block(let range):
      let isWanted = asked.contains { $0.range == range }
      require(plan.expects(range, from: source) == isWanted, "only what was asked for is expected")
      try? plan.event(.arrived(range, from: source, isGood: true), now: .zero)
      require(plan.isDone == isWanted, "only what was asked for counts")
    case .blockRefused(let content, let offset, let reason):
      try? plan.event(.refused(content, offset: offset, from: source, reason: reason), now: .zero)
      require(!plan.isDone, "a refusal is no block")
    default: break
    }
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
    if case .whole(let opened) = message.verified() {
      guard case .whole = opened.sealed().verified() else { return require(false, "a seal holds") }
    }
    guard case .whole = message.sealed().verified() else { return require(frames.isEmpty, "a new seal holds") }
  }

  /// Key files, lists of workers, tokens, endpoints.
  static let configuration = FuzzTarget(name: "configuration", maximumByteCount: 1024) {
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
