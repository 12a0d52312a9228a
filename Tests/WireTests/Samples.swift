import Core
import Wire

/// Messages with odd values, shared by the tests of round trips and of hostile bytes.
enum Samples {
  static let registration = WorkerRegistration(
    name: "wörker-7", incarnation: .max, build: "0.1.0 (abc)", offer: offer, dataEndpoint: "tcp://[::1]:5555",
    weightsEndpoint: "tcp://[::1]:5556", loadedLayers: LayerRange(lower: 3, upper: Limits.maximumLayerCount),
    links: [
      link, MeasuredLink(worker: "w 2", bytesPerSecond: 1e15, roundTripSeconds: 1e-9),
    ])

  static let link = MeasuredLink(worker: "wörker-8", bytesPerSecond: 1, roundTripSeconds: 3600)

  static let offer = StageOffer(
    device: "Ünit 7", memoryByteCount: 1 << 40, threadCount: 1, numericsID: "n-1",
    pageSizes: [
      .f32: KVPageSize(key: .init(bitCount: 64), value: .init(bitCount: 1, groupSize: 4096, extraByteCount: 4096)),
      .i16: KVPageSize(key: .init(bitCount: 16, extraByteCount: 4), value: .init(bitCount: 16, groupSize: 16)),
    ], attentions: [.exact, .fast], scalesRope: false,
    speed: StageSpeed(prefill: 0.125, decode: WireLimits.maximumSpeed))

  static let workerMessages: [WorkerMessage] = [
    .register(registration),
    .heartbeat(
      WorkerHeartbeat(incarnation: 0, epoch: PlanEpoch(.max), progress: .max, stepMilliseconds: 3_600_000)),
    .heartbeat(WorkerHeartbeat(incarnation: 0, epoch: PlanEpoch(1), progress: 1, stepMilliseconds: 1)),
    .heartbeat(WorkerHeartbeat(incarnation: 0, epoch: PlanEpoch(0), progress: 0)),
    .loadProgress(epoch: PlanEpoch(1), fraction: 0), .loadProgress(epoch: PlanEpoch(1), fraction: 1),
    .stageReady(epoch: PlanEpoch(2), weightByteCount: 0, kvByteCount: .max),
    .stageReady(
      epoch: PlanEpoch(2), weightByteCount: 1, kvByteCount: 2,
      held: [
        ResidentSequence(sequence: SequenceID(.max), length: 0, loggedCount: Limits.maximumContext),
        ResidentSequence(sequence: SequenceID(0), length: Limits.maximumContext, loggedCount: 0),
      ]),
    .stageFailed(epoch: PlanEpoch(3), reason: "no such file:\n\t\"модель.gguf\" 🐌"),
    .leaving(reason: "SIGTERM"), .draining(reason: ""), .drain(worker: "wörker-7"),
    .fetchManifest, .fetchBlock(ContentRange(content: content, offset: .max, byteCount: WireLimits.blockByteCount)),
    .probeLink(byteCount: 0), .probeLink(byteCount: WireLimits.blockByteCount), .measuredLink(link),
  ]

  static var content: ContentID {
    guard let content = ContentID(bytes: Array(0..<32)) else { preconditionFailure("the samples are valid") }
    return content
  }

  static func hashed(byteCount: Int) -> HashedContent {
    let hashes = (0..<32 * HashedContent.blockCount(byteCount: byteCount)).map { UInt8($0 & 255) }
    guard let content = HashedContent(byteCount: byteCount, blockHashes: hashes) else {
      preconditionFailure("the samples are valid")
    }
    return content
  }

  static var manifests: [ModelManifest] {
    [
      ModelManifest(files: [.init(name: "m.gguf", byteCount: 1, header: hashed(byteCount: 1))], tensors: []),
      ModelManifest(
        files: [
          .init(name: "a-00001-of-00002.gguf", byteCount: .max, header: hashed(byteCount: 600 << 10)),
          .init(name: "a-00002-of-00002.gguf", byteCount: 900, header: hashed(byteCount: 100)),
        ],
        tensors: [
          .init(name: "token_embd.weight", fileIndex: 1, content: hashed(byteCount: 512 << 10)),
          .init(name: "blk.0.attn_q.weight", fileIndex: 0, content: hashed(byteCount: 512 << 10 | 1)),
        ]),
    ]
  }

  static func assignment(_ change: (inout StageAssignment) -> Void = { _ in }) -> StageAssignment {
    var assignment = StageAssignment(
      epoch: PlanEpoch(9), place: .init(index: 63, count: 64, layers: layers(31, 1024)),
      model: .init(
        paths: ["/models/a-00001-of-00002.gguf", "/models/a b-00002-of-00002.gguf"], fingerprint: "sha256:0f"),
      cache: .init(elementType: .f32, pageCount: Int(UInt32.max), contextLength: Limits.maximumContext),
      links: .init(
        nextEndpoint: "ipc:///run/longhaul/results", nextKey: Array(0..<32),
        previousKey: [UInt8](repeating: 255, count: 32)),
      maximumStepTokenCount: Limits.maximumStepTokenCount)
    change(&assignment)
    return assignment
  }

  static var coordinatorMessages: [CoordinatorMessage] {
    [
      .welcome(heartbeatMilliseconds: 1), .welcome(heartbeatMilliseconds: 3_600_000), .refused(reason: "name taken"),
      .assignStage(assignment()),
      .assignStage(
        assignment {
          $0.place.layers = layers(0, 0)
          $0.place.index = 0
          $0.place.count = 1
          $0.cache.elementType = .i16
          $0.cache.attention = .fast
          $0.cache.pageCount = 0
          $0.links.nextKey = []
          $0.links.previousKey = []
          $0.model.isShared = true
          $0.model.rope = RopeOverride.none
        }),
      .assignStage(assignment { $0.model.rope = .linear(factor: 1.5) }),
      .assignStage(assignment { $0.model.rope = .yarn(factor: 1024, originalLength: nil) }),
      .assignStage(assignment { $0.model.rope = .yarn(factor: 1, originalLength: Limits.maximumContext) }),
      .shutdown(reason: ""), .rejoin(reason: "silent for 2 s"), .drained(reason: "it had no layers"),
      .manifest(.inTheMaking(0)), .manifest(.inTheMaking(1)), .manifest(.failed("it is gone")),
      .manifest(.ready(content, byteCount: 64 << 20)),
      .block(ContentRange(content: content, offset: 0, byteCount: 1)),
      .blockRefused(content, offset: .max, reason: ""), .peers([]),
      .peers([
        WeightPeer(endpoint: "tcp://[::1]:5556", key: [UInt8](repeating: 255, count: 32), name: "wörker-8"),
        WeightPeer(endpoint: "ipc:///run/longhaul/w", key: []),
      ]),
      .expectStage(assignment()), .linkProbed(byteCount: 0), .linkProbed(byteCount: WireLimits.blockByteCount),
    ]
  }

  static func entry(_ change: (inout StepEntry) -> Void = { _ in }) -> StepEntry {
    var sampling = SamplingParameters()
    sampling.temperature = 0.7
    sampling.topK = 40
    sampling.minP = 0.05
    sampling.presencePenalty = -1.5
    sampling.seed = .max
    sampling.logitBiases = [LogitBias(token: 0, bias: -.infinity), LogitBias(token: 7, bias: 1.5)]
    (sampling.minimumNewTokens, sampling.endTokens) = (Limits.maximumContext, [2, 3])
    sampling.dry.multiplier = 0.8
    (sampling.dry.allowedLength, sampling.dry.lookback) = (3, 512)
    (sampling.dry.breakers, sampling.dry.breakerPhrases) = ([4, 9], [[5, 6], [7, 8, 9]])
    (sampling.topNSigma, sampling.typicalP, sampling.xtcProbability, sampling.xtcThreshold) = (1.5, 0.9, 0.25, 0)
    var entry = StepEntry(
      sequence: SequenceID(.max), startPosition: 0, tokens: [0, 1, TokenID(Limits.maximumVocabularySize - 1)],
      newPages: [PageID(0), PageID(.max)], policy: policy(8, 1024),
      opening: SequenceStart(
        sampling: sampling, constraint: TextConstraint(kind: .choice, source: #"["é", "b"]"#),
        neighborPages: [PageID(7), PageID(300)], promptTokenCount: Limits.maximumContext,
        cachedPrefix: CachedPrefix(pages: [PageID(9)], tokens: Array(0..<64)), stateSlot: StateSlot(0)),
      output: StepOutput(
        sampledRows: 1..<3, topLogprobCount: 20, logitsRows: 2..<3, scoresFrom: 1, followingToken: 0, pooling: .mean))
    change(&entry)
    return entry
  }

  static let timings = [
    StageTiming(waitNanoseconds: 0, computeNanoseconds: .max, transferNanoseconds: 1, sentByteCount: 4096),
    StageTiming(waitNanoseconds: 5, computeNanoseconds: 6, transferNanoseconds: 7, sentByteCount: 0, rowCount: 4096),
  ]

  static var forwardHeaders: [ForwardHeader] {
    [
      ForwardHeader(epoch: PlanEpoch(0), step: 0, hiddenSize: 0, entries: []),
      ForwardHeader(
        epoch: PlanEpoch(.max), step: .max, hiddenSize: Limits.maximumHiddenSize, entries: [],
        releases: [SequenceID(0), SequenceID(.max)], failure: "stage 1 has no page 7",
        failed: [
          SequenceFailure(sequence: SequenceID(.max), reason: "is not held here"),
          SequenceFailure(sequence: SequenceID(0), reason: ""),
        ], timings: timings),
      ForwardHeader(
        epoch: PlanEpoch(3), step: 12, hiddenSize: 4096,
        entries: [
          entry(),
          entry {
            $0.sequence = SequenceID(0)
            $0.startPosition = Limits.maximumContext - 3
            $0.newPages = []
            $0.policy = policy(1, 0)
            $0.opening = nil
            $0.output = StepOutput()
            $0.rebuilding = StageSet([0, 63])
          },
          entry {
            $0.sequence = SequenceID(1)
            $0.output.topLogprobCount = 0
            $0.output.pooling = .last
            $0.opening?.neighborPages = []
            $0.opening?.cachedPrefix?.tokens = []
            $0.opening?.stateSlot = nil
          },
        ], releases: [SequenceID(5)],
        resumes: [
          ResumedSequence(sequence: SequenceID(.max), length: 1, rebuilding: StageSet([1])),
          ResumedSequence(sequence: SequenceID(0), length: Limits.maximumContext, rebuilding: StageSet()),
        ]),
    ]
  }

  static func resultEntry(_ change: (inout StepResultEntry) -> Void = { _ in }) -> StepResultEntry {
    var entry = StepResultEntry(
      sequence: SequenceID(1), position: 4097,
      sampled: [
        SampledToken(
          0, logprob: -0.0,
          top: [TokenLogprob(token: 0, logprob: 0), TokenLogprob(token: 5, logprob: -.greatestFiniteMagnitude)]),
        SampledToken(7),
      ],
      promptLogprobsFirst: 1, promptLogprobs: [-1.25, -.leastNonzeroMagnitude],
      promptTop: [
        [TokenLogprob(token: 7, logprob: -0.5), TokenLogprob(token: 0, logprob: -1.25)],
        [TokenLogprob(token: 1, logprob: 0), TokenLogprob(token: 3, logprob: -.greatestFiniteMagnitude)],
      ], logitsRowCount: 2, hasPooledRow: true)
    change(&entry)
    return entry
  }

  static var stepResults: [StepResult] {
    [
      StepResult(epoch: PlanEpoch(0), step: 0, entries: [], vocabularySize: 0),
      StepResult(epoch: PlanEpoch(0), step: 0, entries: [], vocabularySize: 0, failure: "stage 0: no page 7"),
      StepResult(
        epoch: PlanEpoch(1), step: .max,
        entries: [resultEntry(), StepResultEntry(sequence: SequenceID(2), position: 0)], vocabularySize: 32_000,
        hiddenSize: 4096, timings: timings),
    ]
  }

  static func policy(_ groupSize: Int, _ window: Int) -> PositionPolicy {
    guard let policy = PositionPolicy(groupSize: groupSize, neighborWindow: window, trainedLength: 4096) else {
      preconditionFailure("the samples are valid")
    }
    return policy
  }

  /// With numbers as `policy(8, 1024)` has them.
  static func policy(_ method: PositionMethod) -> PositionPolicy {
    guard
      let policy = PositionPolicy(method, groupSize: 8, neighborWindow: 1024, farStart: 128, trainedLength: 4096)
    else { preconditionFailure("the samples are valid") }
    return policy
  }

  static func layers(_ lower: Int, _ upper: Int) -> LayerRange {
    guard let range = LayerRange(lower: lower, upper: upper) else { preconditionFailure("the samples are valid") }
    return range
  }
}

/// The messages as one, for tests that treat them alike.
protocol WireMessage: Equatable {
  func encoded() -> [UInt8]
  init(decoding bytes: UnsafeRawBufferPointer) throws(WireError)
}

extension WorkerMessage: WireMessage {}
extension CoordinatorMessage: WireMessage {}
extension ForwardHeader: WireMessage {}
extension StepResult: WireMessage {}
extension ModelManifest: WireMessage {}

extension WireMessage {
  static func decode(_ bytes: [UInt8]) -> Result<Self, WireError> {
    bytes.withUnsafeBytes { buffer in
      do throws(WireError) {
        return .success(try Self(decoding: buffer))
      } catch {
        return .failure(error)
      }
    }
  }

  /// Encodes and decodes again.
  var afterTheWire: Result<Self, WireError> { Self.decode(encoded()) }
}

extension Result where Failure == WireError {
  var error: WireError? {
    if case .failure(let error) = self { error } else { nil }
  }

  /// The path of the field that was refused.
  var refusedField: String? {
    if case .failure(.field(let path, _)) = self { path } else { nil }
  }
}
