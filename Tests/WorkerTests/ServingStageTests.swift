import Backend
import Core
import Fixtures
import Paging
import PlainBackend
import Tensors
import Testing
import Transformer
import Weights
import Wire

@testable import Worker

@Suite("A stage serves through any backend")
struct ServingStageTests {
  /// How backends are made of a model's file.
  enum Kind: String, CaseIterable { case cpu, plain }

  static let layerCount = 4
  private static let promptLength = 208
  static let prompt = (0..<promptLength).map { TokenID(($0 * 37 + 11) % 300) }
  private let scratch: ScratchFolder
  private let checkpoint: Checkpoint
  let policy: PositionPolicy

  init() throws {
    scratch = try ScratchFolder()
    checkpoint = try SharpModel.checkpoint(
      .small(layers: Self.layerCount, hidden: 64, feedForward: 96), at: scratch.path("model.gguf"))
    policy = try #require(PositionPolicy(groupSize: 4, neighborWindow: 24, trainedLength: 64))
  }

  func backend(_ kind: Kind, stage: Int, of count: Int) throws -> any StageBackend {
    let layers = try #require(
      LayerRange(lower: Self.layerCount * stage / count, upper: Self.layerCount * (stage + 1) / count))
    let specification = StagePipeline.specification(layers: layers, of: Self.layerCount)
    switch kind {
    case .cpu:
      return try CPUDevice(threadCount: 2).load(specification, from: checkpoint, note: { _ in }, progress: { _ in })
    case .plain:
      return PlainBackend(
        specification,
        tensors: try StageTensors(
          checkpoint, layers: layers, hasEmbedding: specification.hasEmbedding, hasHead: specification.hasHead))
    }
  }

  func pipeline(_ kind: Kind, stages count: Int) throws -> StagePipeline {
    StagePipeline(try (0..<count).map { try backend(kind, stage: $0, of: count) })
  }

  /// Tokens of a sequence whose pages follow each other from `firstPage` on, ring first.
  private func entry(
    _ tokens: ArraySlice<TokenID>, at start: Int, of sequence: UInt64 = 1, firstPage: Int = 0, opens: Bool = false,
    rebuilding: StageSet = StageSet()
  ) -> StepEntry {
    let ringCount = PageCount.ofRing(policy: policy, chunkTokenCount: StagePipeline.rowCapacity)
    let pages = PageCount.of(tokens: start)..<PageCount.of(tokens: start + tokens.count)
    let last = tokens.count - 1
    return StepEntry(
      sequence: SequenceID(sequence), startPosition: start, tokens: Array(tokens),
      newPages: pages.map { PageID(UInt32(firstPage + ringCount + $0)) }, policy: policy,
      opening: opens
        ? SequenceStart(
          sampling: .greedy, neighborPages: (0..<ringCount).map { PageID(UInt32(firstPage + $0)) },
          promptTokenCount: Self.promptLength) : nil,
      output: StepOutput(sampledRows: last..<last + 1, logitsRows: last..<last + 1), rebuilding: rebuilding)
  }

  /// Prefills the prompt from `start` on in chunks, then decodes; the logits after each step.
  private func run(
    _ pipeline: StagePipeline, from start: Int = 0, decoding count: Int = 6
  ) throws -> [[Float]] {
    var logits: [[Float]] = []
    var position = start
    var token: TokenID?
    while position < Self.promptLength + count {
      let end = min(position + 32, Self.promptLength)
      let tokens = token.map { [$0][...] } ?? Self.prompt[position..<end]
      let outcome = try pipeline.step([entry(tokens, at: position, opens: position == 0)])
      logits += outcome.logits
      position += tokens.count
      if position >= Self.promptLength { token = outcome.token }
    }
    return logits
  }

  private func bits(_ logits: [[Float]]) -> [[UInt32]] { logits.map { $0.map(\.bitPattern) } }

  /// The largest difference in units of the row's largest number.
  private func difference(_ a: [[Float]], _ b: [[Float]]) -> Float {
    zip(a, b).map { a, b in
      (zip(a, b).map { abs($0 - $1) }.max() ?? 0) / (a.map(abs).max() ?? 1)
    }.max() ?? .infinity
  }

  @Test("a backend that shares no code with the CPU's gives its logits, but for rounding")
  func backendsAgree() throws {
    let cpu = try run(pipeline(.cpu, stages: 2))
    let plain = try run(pipeline(.plain, stages: 2))
    #expect(cpu.count == 13 && plain.count == 13)
    #expect(Set(bits(cpu)).count == 13, "every step gives other logits")
    #expect(difference(cpu, plain) < 1e-4)
  }

  @Test("one, two and four stages give the same bytes", arguments: Kind.allCases)
  func stagesKeepBytes(kind: Kind) throws {
    let whole = bits(try run(pipeline(kind, stages: 1)))
    #expect(bits(try run(pipeline(kind, stages: 2))) == whole)
    #expect(bits(try run(pipeline(kind, stages: 4))) == whole)
  }

  @Test(
    "a sequence that another plan cuts resumes with the same bytes, neighbor keys too", arguments: Kind.allCases)
  func cut(kind: Kind) throws {
    let pipeline = try pipeline(kind, stages: 2)
    let logits = bits(try run(pipeline))
    pipeline.beginPlan()
    let resumed = ResumedSequence(sequence: SequenceID(1), length: 96, rebuilding: StageSet())
    let first = try pipeline.step([entry(Self.prompt[96..<128], at: 96)], resumes: [resumed])
    #expect(first.result.failure == nil && first.result.failed == [])
    #expect(bits(first.logits + (try run(pipeline, from: 128))) == Array(logits[3...]))
  }

  @Test("a stage that was lost is rebuilt from the log of the one before, to the byte", arguments: Kind.allCases)
  func rebuilt(kind: Kind) throws {
    let pipeline = try pipeline(kind, stages: 2)
    let logits = bits(try run(pipeline, decoding: 0))
    pipeline.beginPlan(replacing: (1, try backend(kind, stage: 1, of: 2)))
    let lost = StageSet([1])
    let resumed = ResumedSequence(sequence: SequenceID(1), length: 192, rebuilding: lost)
    var replayed: [[Float]] = []
    for start in stride(from: 0, to: 192, by: 32) {
      let outcome = try pipeline.step(
        [entry(Self.prompt[start..<start + 32], at: start, opens: start == 0, rebuilding: lost)],
        resumes: start == 0 ? [resumed] : [])
      #expect(outcome.result.failure == nil && outcome.result.failed == [])
      replayed += outcome.logits
    }
    #expect(bits(replayed + (try run(pipeline, from: 192, decoding: 0))) == logits)
  }

  @Test(
    "logits come of every row that was asked for, and a token of every row that is sampled", arguments: Kind.allCases)
  func lists(kind: Kind) throws {
    let single = try pipeline(kind, stages: 2)
    var expected: [(logits: [Float], token: TokenID?)] = []
    for position in 0..<12 {
      let outcome = try single.step([entry(Self.prompt[position...position], at: position, opens: position == 0)])
      expected.append((outcome.logits[0], outcome.token))
    }
    var whole = entry(Self.prompt[..<12], at: 0, opens: true)
    whole.output = StepOutput(sampledRows: 3..<12, topLogprobCount: 1, logitsRows: 0..<7)
    let outcome = try pipeline(kind, stages: 2).step([whole])
    #expect(bits(outcome.logits) == bits(expected.prefix(7).map(\.logits)))
    #expect(outcome.result.entries[0].sampled.map(\.token) == expected[3...].map(\.token))
    #expect(outcome.result.entries[0].sampled.allSatisfy { $0.logprob == $0.top.first?.logprob }, "greedy")
  }

  @Test("a pooled row is the mean of the entry's rows, or the last of them", arguments: Kind.allCases)
  func pooled(kind: Kind) throws {
    func pooled(_ pooling: Pooling, _ lengths: [Int]) throws -> [[Float]] {
      let pipeline = try pipeline(kind, stages: 2)
      var position = 0
      return try lengths.map { length in
        var next = entry(Self.prompt[position..<position + length], at: position, opens: position == 0)
        next.output = StepOutput(logitsRows: 0..<1, pooling: pooling)
        position += length
        let outcome = try pipeline.step([next])
        #expect(outcome.logits.count == 1, "the logits come before the pooled row")
        return outcome.pooled
      }
    }
    let rows = try pooled(.last, Array(repeating: 1, count: 37))
    #expect(rows.allSatisfy { $0.count == 64 } && Set(bits(rows)).count == 37)
    let mean = rows[0].indices.map { column in
      Float(rows.reduce(0.0) { $0 + Double($1[column]) } / 37)
    }
    #expect(try bits(pooled(.mean, [37])) == bits([mean]))
    #expect(try bits(pooled(.last, [37])) == bits([rows[36]]))
    #expect(try bits(pooled(.mean, [1, 1])) == bits(Array(rows[..<2])))
  }

  @Test("a stage does not serve a plan of another arithmetic of attention with what it has loaded")
  func otherAttention() throws {
    let stage = try pipeline(.cpu, stages: 1).stages[0]
    var assignment = stage.assignment
    #expect(stage.canServe(assignment))
    assignment.cache.attention = .fast
    #expect(!stage.canServe(assignment))
  }

  @Test("an entry that cannot be continued leaves the step; the others keep their rows", arguments: Kind.allCases)
  func refused(kind: Kind) throws {
    let alone = try pipeline(kind, stages: 2)
    let expected = try alone.step([entry(Self.prompt[..<20], at: 0, opens: true)])
    let shared = try pipeline(kind, stages: 2)
    let outcome = try shared.step([
      entry(Self.prompt[7..<16], at: 7, of: 2, firstPage: 16),
      entry(Self.prompt[..<20], at: 0, opens: true),
    ])
    #expect(outcome.result.failed.map(\.sequence) == [SequenceID(2)])
    #expect(outcome.result.entries.map(\.sequence) == [SequenceID(1)])
    #expect(bits(outcome.logits) == bits(expected.logits))
  }
}
