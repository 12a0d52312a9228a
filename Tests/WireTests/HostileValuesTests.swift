import Core
import Testing
import Wire

@Suite("Hostile values are refused by the field's name")
struct HostileValuesTests {
  private typealias Change<Value> = (field: String, change: (inout Value) -> Void)

  @Test("Registrations")
  func registration() {
    let cases: [Change<WorkerRegistration>] = [
      ("register.name", { $0.name = "" }), ("register.name", { $0.name = String(repeating: "n", count: 256) }),
      ("register.name", { $0.name = "a\nroot: all is well" }), ("register.name", { $0.name = "\u{1B}[2J" }),
      ("register.build", { $0.build = String(repeating: "b", count: 4097) }),
      ("register.data_endpoint", { $0.dataEndpoint = "" }),
      ("register.weights_endpoint", { $0.weightsEndpoint = "tcp://a\nb" }),
    ]
    for (field, change) in cases {
      var registration = Samples.registration
      change(&registration)
      #expect(WorkerMessage.register(registration).afterTheWire.refusedField == field)
    }
  }

  @Test("An assignment that is refused still says of which epoch it is, and nothing else does")
  func refusedAssignment() {
    for path in ["a\nb.gguf", "a\u{1B}b.gguf", String(repeating: "p", count: 5000), ""] {
      let message = CoordinatorMessage.assignStage(Samples.assignment { $0.model.paths = [path] })
      message.encoded().withUnsafeBytes { bytes in
        #expect(throws: WireError.self) { _ = try CoordinatorMessage(decoding: bytes) }
        #expect(CoordinatorMessage.assignedEpoch(in: bytes) == PlanEpoch(9))
      }
    }
    CoordinatorMessage.refused(reason: "name taken").encoded().withUnsafeBytes { bytes in
      #expect(CoordinatorMessage.assignedEpoch(in: bytes) == nil)
      #expect(CoordinatorMessage.assignedEpoch(in: UnsafeRawBufferPointer(rebasing: bytes.dropLast())) == nil)
    }
  }

  @Test("Offers of devices")
  func offer() {
    let cases: [Change<StageOffer>] = [
      ("device", { $0.device = "" }), ("device", { $0.device = String(repeating: "d", count: 256) }),
      ("device", { $0.device = "cpu\nroot: all is well" }), ("memory_byte_count", { $0.memoryByteCount = -1 }),
      ("thread_count", { $0.threadCount = 0 }), ("thread_count", { $0.threadCount = .max }),
      ("numerics_id", { $0.numericsID = "" }), ("numerics_id", { $0.numericsID = "\u{1B}[2J" }),
      ("speed.prefill", { $0.speed?.prefill = .nan }), ("speed.prefill", { $0.speed?.prefill = 0 }),
      ("speed.decode", { $0.speed?.decode = -1 }), ("speed.decode", { $0.speed?.decode = .infinity }),
      ("page_sizes[0].key.bit_count", { $0.pageSizes[.i16]?.key.bitCount = 0 }),
      ("page_sizes[0].key.bit_count", { $0.pageSizes[.i16]?.key.bitCount = 65 }),
      ("page_sizes[0].value.group_size", { $0.pageSizes[.i16]?.value.groupSize = 0 }),
      ("page_sizes[1].value.group_size", { $0.pageSizes[.f32]?.value.groupSize = .max }),
      ("page_sizes[1].value.extra_byte_count", { $0.pageSizes[.f32]?.value.extraByteCount = -1 }),
    ]
    for (field, change) in cases {
      var registration = Samples.registration
      change(&registration.offer)
      #expect(WorkerMessage.register(registration).afterTheWire.refusedField == "register.offer.\(field)")
    }
  }

  @Test(
    "Other worker messages",
    arguments: [
      (WorkerMessage.loadProgress(epoch: PlanEpoch(1), fraction: .nan), "load_progress.fraction"),
      (.loadProgress(epoch: PlanEpoch(1), fraction: 1.0001), "load_progress.fraction"),
      (.loadProgress(epoch: PlanEpoch(1), fraction: -.infinity), "load_progress.fraction"),
      (.stageReady(epoch: PlanEpoch(1), weightByteCount: -1, kvByteCount: 0), "stage_ready.weight_byte_count"),
      (.stageReady(epoch: PlanEpoch(1), weightByteCount: 0, kvByteCount: .min), "stage_ready.kv_byte_count"),
      (
        .stageReady(
          epoch: PlanEpoch(1), weightByteCount: 0, kvByteCount: 0,
          held: [ResidentSequence(sequence: SequenceID(1), length: -1, loggedCount: 0)]), "stage_ready.held[0].length"
      ),
      (
        .stageReady(
          epoch: PlanEpoch(1), weightByteCount: 0, kvByteCount: 0,
          held: [ResidentSequence(sequence: SequenceID(1), length: 1, loggedCount: .max)]),
        "stage_ready.held[0].logged_count"
      ),
      (.probeLink(byteCount: -1), "probe_link.byte_count"),
      (.probeLink(byteCount: WireLimits.blockByteCount + 1), "probe_link.byte_count"),
      (.measuredLink(MeasuredLink(worker: "", bytesPerSecond: 1, roundTripSeconds: 1)), "measured_link.worker"),
      (
        .measuredLink(MeasuredLink(worker: "w", bytesPerSecond: .nan, roundTripSeconds: 1)),
        "measured_link.bytes_per_second"
      ),
      (
        .measuredLink(MeasuredLink(worker: "w", bytesPerSecond: 1, roundTripSeconds: 0)),
        "measured_link.round_trip_seconds"
      ),
    ])
  func workerMessages(message: WorkerMessage, field: String) {
    #expect(message.afterTheWire.refusedField == field)
  }

  @Test("Text that is not UTF-8")
  func utf8() {
    var bytes = WorkerMessage.leaving(reason: "abc").encoded()
    bytes[bytes.count - 2] = 0xFF
    #expect(WorkerMessage.decode(bytes).error == .field("leaving.reason", reason: "is not valid UTF-8"))
  }

  @Test("Assignments")
  func assignment() {
    let cases: [Change<StageAssignment>] = [
      ("stage_count", { $0.place.count = 0 }), ("stage_count", { $0.place.count = 65 }),
      ("stage_index", { $0.place.index = 64 }), ("stage_index", { $0.place.index = -1 }),
      ("layer_end", { $0.place.layers = Samples.layers(0, 1025) }),
      ("first_layer", { $0.place.layers = Samples.layers(1025, 1025) }),
      ("model_paths", { $0.model.paths = [] }), ("model_paths", { $0.model.paths = ["a", ""] }),
      ("model_paths", { $0.model.paths = Array(repeating: "p", count: 1025) }),
      ("model_paths", { $0.model.paths = [String(repeating: "p", count: 4097)] }),
      ("next_key", { $0.links.nextKey = [1] }),
      ("previous_key", { $0.links.previousKey = [UInt8](repeating: 0, count: 33) }),
      ("next_endpoint", { $0.links.nextEndpoint = "" }), ("page_count", { $0.cache.pageCount = -1 }),
      ("page_count", { $0.cache.pageCount = 1 << 32 }), ("context_length", { $0.cache.contextLength = 0 }),
      ("context_length", { $0.cache.contextLength = Limits.maximumContext + 1 }),
      ("maximum_step_token_count", { $0.maximumStepTokenCount = 0 }),
      ("maximum_step_token_count", { $0.maximumStepTokenCount = Limits.maximumStepTokenCount + 1 }),
    ]
    for (field, change) in cases {
      let message = CoordinatorMessage.assignStage(Samples.assignment(change))
      #expect(message.afterTheWire.refusedField == "assign_stage.\(field)")
    }
    for (field, peers) in [
      ("peers[0].endpoint", [WeightPeer(endpoint: "", key: [])]),
      ("peers[1].key", [WeightPeer(endpoint: "a", key: []), WeightPeer(endpoint: "b", key: [1])]),
      ("peers", Array(repeating: WeightPeer(endpoint: "a", key: []), count: Limits.maximumWorkerCount + 1)),
    ] {
      #expect(CoordinatorMessage.peers(peers).afterTheWire.refusedField == field)
    }
    let probed = CoordinatorMessage.linkProbed(byteCount: WireLimits.blockByteCount + 1)
    #expect(probed.afterTheWire.refusedField == "link_probed.byte_count")
    let welcome = CoordinatorMessage.welcome(heartbeatMilliseconds: 0)
    #expect(welcome.afterTheWire.refusedField == "welcome.heartbeat_milliseconds")
  }

  @Test("An inverted layer range and an unknown element type")
  func rawAssignment() {
    // assign_stage { stage_count 1, first_layer 2, layer_end 1 }
    let inverted: [UInt8] = [0x08, Self.version, 0x22, 6, 0x18, 1, 0x20, 2, 0x28, 1]
    #expect(CoordinatorMessage.decode(inverted).refusedField == "assign_stage.layer_end")
    var bytes = CoordinatorMessage.assignStage(Samples.assignment()).encoded()
    let key = bytes.lastIndex(of: 0x48)
    if let key { bytes[key + 1] = 9 }
    #expect(CoordinatorMessage.decode(bytes).refusedField == "assign_stage.kv_element_type")
    // assign_stage { stage_count 1, layer_end 1, model_paths "a", next_endpoint "a", kv_element_type 1,
    // context_length 1, maximum_step_token_count 1, attention 2 }
    let strange: [UInt8] = [
      0x18, 1, 0x28, 1, 0x32, 1, 0x61, 0x42, 1, 0x61, 0x48, 1, 0x58, 1, 0x60, 1, 0x88, 1, 2,
    ]
    let message = [0x08, Self.version, 0x22, UInt8(strange.count)] + strange
    #expect(CoordinatorMessage.decode(message).refusedField == "assign_stage.attention")
  }

  @Test("Forward entries")
  func forwardEntry() {
    let cases: [Change<StepEntry>] = [
      ("start_position", { $0.startPosition = -1 }), ("start_position", { $0.startPosition = .max }),
      ("start_position", { $0.startPosition = Limits.maximumContext - 2 }), ("tokens", { $0.tokens = [] }),
      ("tokens", { $0.tokens = [-1] }), ("tokens", { $0.tokens = [TokenID(Limits.maximumVocabularySize)] }),
      ("tokens", { $0.tokens = Array(repeating: 0, count: Limits.maximumStepTokenCount + 1) }),
      ("new_pages", { $0.newPages = Array(repeating: PageID(1), count: 65_537) }),
      ("opening.neighbor_pages", { $0.opening?.neighborPages = Array(repeating: PageID(1), count: 65_537) }),
      ("opening.sampling.temperature", { $0.opening?.sampling.temperature = .nan }),
      ("opening.sampling.temperature", { $0.opening?.sampling.temperature = -1 }),
      ("opening.sampling.top_p", { $0.opening?.sampling.topP = .infinity }),
      ("opening.sampling.top_k", { $0.opening?.sampling.topK = -1 }),
      ("opening.sampling.dry_base", { $0.opening?.sampling.dry.base = .nan }),
      ("opening.sampling.dry_lookback", { $0.opening?.sampling.dry.lookback = -1 }),
      ("opening.sampling.dry_sequence_breakers", { $0.opening?.sampling.dry.breakers = [2, 1] }),
      ("opening.sampling.dry_sequence_breakers", { $0.opening?.sampling.dry.breakerPhrases = [[2, 1], [1, 2]] }),
      ("opening.sampling.min_p", { $0.opening?.sampling.minP = 2 }),
      ("opening.sampling.repetition_penalty", { $0.opening?.sampling.repetitionPenalty = 0 }),
      ("opening.cached_prefix.pages", { $0.opening?.cachedPrefix?.pages = [] }),
      (
        "opening.cached_prefix.pages",
        { $0.opening?.cachedPrefix = CachedPrefix(pages: Array(repeating: PageID(1), count: 65_537)) }
      ),
      ("opening.cached_prefix.tokens", { $0.opening?.cachedPrefix?.tokens.removeLast() }),
      ("opening.cached_prefix.tokens", { $0.opening?.cachedPrefix?.tokens[63] = -1 }),
      ("sampled_rows.first", { $0.output.sampledRows = -1..<1 }),
      ("sampled_rows.first", { $0.output.sampledRows = 3..<4 }),
      ("sampled_rows.count", { $0.output.sampledRows = 2..<4 }),
      ("logits_rows.count", { $0.output.logitsRows = 0..<Int.max }),
      ("top_logprob_count", { $0.output.topLogprobCount = 21 }),
      ("top_logprob_count", { $0.output.topLogprobCount = -1 }), ("scores_from", { $0.output.scoresFrom = 0 }),
      ("following_token", { $0.output.followingToken = -5 }),
    ]
    for (field, change) in cases {
      let header = ForwardHeader(
        epoch: PlanEpoch(1), step: 1, hiddenSize: 8,
        entries: [
          Samples.entry { $0.sequence = SequenceID(1) }, Samples.entry(change),
        ])
      #expect(header.afterTheWire.refusedField == "entries[1].\(field)")
    }
  }

  private static let version = UInt8(ProtocolVersion.current)

  @Test("Policies that cannot be computed, and entries without one")
  func policy() {
    // entries { tokens [1], policy { group_size 0 } }
    let zero: [UInt8] = [0x08, Self.version, 0x2A, 7, 0x1A, 1, 1, 0x2A, 2, 0x08, 0]
    #expect(ForwardHeader.decode(zero).refusedField == "entries[0].policy.group_size")
    let missing: [UInt8] = [0x08, Self.version, 0x2A, 3, 0x1A, 1, 1]
    #expect(ForwardHeader.decode(missing).error == .field("entries[0].policy", reason: "is missing"))
  }

  @Test("Numbers that are none of a policy's method")
  func policyMethod() {
    // entries { tokens [1], policy { trained_length 100, … } }
    func refused(_ fields: [UInt8]) -> String? {
      let policy: [UInt8] = [0x18, 100] + fields
      let entry: [UInt8] = [0x1A, 1, 1, 0x2A, UInt8(policy.count)] + policy
      return ForwardHeader.decode([0x08, Self.version, 0x2A, UInt8(entry.count)] + entry).refusedField
    }
    let name = "entries[0].policy."
    let groupSize: [UInt8] = [0x08, 4]
    let window: [UInt8] = [0x10, 40]
    let (farStart, farGroupSize): ([UInt8], [UInt8]) = ([0x28, 41], [0x30, 4])
    let (reRoPE, string): ([UInt8], [UInt8]) = ([0x20, 1], [0x20, 2])
    let (jetLong, logistic): ([UInt8], [UInt8]) = ([0x20, 3], [0x20, 4])
    #expect(refused(window + reRoPE) == nil && refused(window + string) == nil)
    #expect(refused(window + jetLong + farGroupSize) == nil && refused(window + logistic + farGroupSize) == nil)
    for method: [UInt8] in [[0x20, 5], [0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]] {
      #expect(refused(window + method) == name + "method")
    }
    for method in [reRoPE, string, jetLong + farGroupSize, logistic + farGroupSize] {
      #expect(refused(groupSize + window + method) == name + "group_size")
    }
    for method in [jetLong, logistic] { #expect(refused(window + method) == name + "far_group_size") }
    #expect(refused(window + reRoPE + farGroupSize) == name + "far_group_size")
    #expect(refused(groupSize + window + farGroupSize) == name + "far_group_size")
    for method in [groupSize, reRoPE, string] { #expect(refused(window + method + farStart) == name + "far_start") }
    let tooLarge: [UInt8] = [0x10, 0x81, 0x80, 0x80, 0x02]
    #expect(refused(tooLarge + reRoPE) == name + "neighbor_window")
  }

  @Test("Empty ranges of rows and unknown poolings")
  func rawOutput() {
    // entries { tokens [1], policy { group_size 1, trained_length 1 }, … }
    func refused(_ output: [UInt8]) -> String? {
      let entry: [UInt8] = [0x1A, 1, 1, 0x2A, 4, 0x08, 1, 0x18, 1] + output
      return ForwardHeader.decode([0x08, Self.version, 0x2A, UInt8(entry.count)] + entry).refusedField
    }
    #expect(refused([]) == nil)
    #expect(refused([0x6A, 0]) == "entries[0].sampled_rows.count")
    #expect(refused([0x72, 2, 0x10, 2]) == "entries[0].logits_rows.count")
    #expect(refused([0x78, 9]) == "entries[0].pooling")
  }

  @Test("Forward headers")
  func forwardHeader() {
    func header(_ entries: [StepEntry], hiddenSize: Int = 8, releases: Int = 0) -> ForwardHeader {
      ForwardHeader(
        epoch: PlanEpoch(1), step: 1, hiddenSize: hiddenSize, entries: entries,
        releases: Array(repeating: SequenceID(1), count: releases))
    }
    func distinct(_ count: Int, _ change: (inout StepEntry) -> Void) -> [StepEntry] {
      (0..<count).map { index in
        Samples.entry {
          $0.sequence = SequenceID(UInt64(index))
          change(&$0)
        }
      }
    }
    let many = Array(repeating: TokenID(1), count: 2049)
    let pages = Array(repeating: PageID(1), count: 65_536)
    #expect(header([], hiddenSize: -1).afterTheWire.refusedField == "hidden_size")
    #expect(header([], hiddenSize: Limits.maximumHiddenSize + 1).afterTheWire.refusedField == "hidden_size")
    #expect(header([], releases: WireLimits.maximumReleaseCount + 1).afterTheWire.refusedField == "releases")
    #expect(header(distinct(257) { $0.tokens = [1] }).afterTheWire.refusedField == "entries")
    #expect(header(distinct(2) { $0.tokens = many }).afterTheWire.refusedField == "entries.tokens")
    #expect(header(distinct(17) { $0.newPages = pages }).afterTheWire.refusedField == "entries.new_pages")
    #expect(header([Samples.entry(), Samples.entry()]).afterTheWire.refusedField == "entries.sequence")
    func resuming(_ lengths: [Int]) -> ForwardHeader {
      var header = header([])
      header.resumes = lengths.map { ResumedSequence(sequence: SequenceID(1), length: $0, rebuilding: StageSet()) }
      return header
    }
    #expect(resuming([0]).afterTheWire.refusedField == "resumes[0].length")
    #expect(resuming([Limits.maximumContext + 1]).afterTheWire.refusedField == "resumes[0].length")
    #expect(resuming([1, 2]).afterTheWire.refusedField == "resumes.sequence")
  }

  @Test("Timings that are negative, or more than a cluster has stages")
  func timings() {
    func header(_ timings: [StageTiming]) -> ForwardHeader {
      ForwardHeader(epoch: PlanEpoch(1), step: 1, hiddenSize: 8, entries: [], timings: timings)
    }
    var negative = Samples.timings
    negative[1].computeNanoseconds = -1
    #expect(header(negative).afterTheWire.refusedField == "timings[1].compute_nanoseconds")
    let many = Array(repeating: Samples.timings[0], count: Limits.maximumWorkerCount + 1)
    #expect(header(many).afterTheWire.refusedField == "timings")
  }

  @Test("Step results")
  func stepResult() {
    let cases: [Change<StepResultEntry>] = [
      ("position", { $0.position = -1 }), ("position", { $0.position = Limits.maximumContext + 1 }),
      ("sampled[0].token", { $0.sampled[0].token = -1 }), ("sampled[0].logprob", { $0.sampled[0].logprob = .nan }),
      ("sampled[1].logprob", { $0.sampled[1].logprob = -.infinity }),
      ("sampled", { $0.sampled = Array(repeating: SampledToken(1 << 20, logprob: -1), count: 4097) }),
      ("sampled[0].top", { $0.sampled[0].top = Array(repeating: TokenLogprob(token: 1, logprob: 0), count: 21) }),
      ("sampled[0].top[0].token", { $0.sampled[0].top = [TokenLogprob(token: -1, logprob: 0)] }),
      ("sampled[0].top[1].logprob", { $0.sampled[0].top[1] = TokenLogprob(token: 1, logprob: .nan) }),
      ("prompt_logprobs_first", { $0.promptLogprobsFirst = -1 }), ("prompt_logprobs", { $0.promptLogprobs = [.nan] }),
      ("prompt_logprobs", { $0.promptLogprobs = Array(repeating: 0, count: 4097) }),
      ("prompt_top_tokens", { $0.promptLogprobs = [] }), ("prompt_top_tokens", { $0.promptTop[0].removeLast() }),
      ("prompt_top_tokens", { $0.promptTop[1][0] = TokenLogprob(token: -1, logprob: 0) }),
      (
        "prompt_top_tokens",
        {
          $0.promptTop = Array(repeating: Array(repeating: TokenLogprob(token: 1, logprob: 0), count: 21), count: 2)
        }
      ),
      ("prompt_top_logprobs", { $0.promptTop[1][1] = TokenLogprob(token: 1, logprob: .nan) }),
      ("logits_row_count", { $0.logitsRowCount = -1 }), ("logits_row_count", { $0.logitsRowCount = .max }),
    ]
    for (field, change) in cases {
      let result = StepResult(
        epoch: PlanEpoch(1), step: 1, entries: [Samples.resultEntry(change)], vocabularySize: 10, hiddenSize: 1)
      #expect(result.afterTheWire.refusedField == "entries[0].\(field)")
    }
    func refused(
      _ entries: Int, _ scores: Int, _ vocabularySize: Int, hiddenSize: Int = 1, sampled: Int = 0, logits: Int = 1
    ) -> String? {
      let entry = Samples.resultEntry {
        $0.promptLogprobs = Array(repeating: -1, count: scores)
        $0.promptTop = []
        $0.sampled = Array(repeating: SampledToken(1 << 20, logprob: -1), count: sampled)
        $0.logitsRowCount = logits
      }
      return StepResult(
        epoch: PlanEpoch(1), step: 1, entries: Array(repeating: entry, count: entries),
        vocabularySize: vocabularySize, hiddenSize: hiddenSize
      ).afterTheWire.refusedField
    }
    let failed = StepResult(epoch: PlanEpoch(1), step: 1, entries: [], vocabularySize: 0, failure: "abc")
    var bytes = failed.encoded()
    bytes[bytes.count - 1] = 0xC3
    #expect(StepResult.decode(bytes).refusedField == "failure")
    #expect(refused(257, 1, 10) == "entries")
    #expect(refused(2, 3000, 10) == "entries.prompt_logprobs")
    #expect(refused(2, 1, 10, sampled: 3000) == "entries.sampled")
    #expect(refused(2, 1, 10, logits: 3000) == "entries.logits_row_count")
    #expect(refused(1, 1, 10, hiddenSize: 0) == "hidden_size")
    #expect(refused(1, 1, 10, hiddenSize: Limits.maximumHiddenSize + 1) == "hidden_size")
    #expect(refused(1, 1, 0) == "vocabulary_size")
    #expect(refused(1, 1, -1) == "vocabulary_size")
    #expect(refused(1, 1, Limits.maximumVocabularySize + 1) == "vocabulary_size")
  }
}
