import Backend
import Core
import Synchronization
import Transport
import Wire

@testable import Worker

/// Serving stages of one model, which pass each other messages without sockets.
final class StagePipeline {
  /// What a step gave.
  struct Outcome {
    let result: StepResult
    /// A row for each row whose logits were wanted.
    let logits: [[Float]]
    /// The numbers that follow them: what one entry was pooled to.
    let pooled: [Float]

    var token: TokenID? { result.entries.first?.sampled.last?.token }
  }

  /// Where a stage's messages go.
  private final class Outbox: Sendable {
    private let messages = Mutex<[Message]>([])

    var output: StageOutput {
      StageOutput(
        send: { [self] message in messages.withLock { $0.append(message) } }, queuedByteCount: { 0 })
    }

    func take() -> Message? { messages.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
  }

  static let rowCapacity = 40
  static let contextLength = 512
  static let pageCount = 32

  private(set) var stages: [ServingStage] = []
  private let outbox = Outbox()
  private let hiddenSize: Int
  private let vocabularySize: Int
  private var epoch = PlanEpoch(1)
  private var nextStep: UInt64 = 1
  /// What each stage could resume.
  var held: [[ResidentSequence]] { stages.map(\.residentSequences) }
  /// Rows that all stages together have computed.
  private(set) var rowCount = 0
  /// Messages that went from one stage to the next.
  private(set) var sentByteCount = 0

  init(_ backends: [any StageBackend]) {
    (hiddenSize, vocabularySize) = (backends[0].facts.hiddenSize, backends[0].facts.vocabularySize)
    stages = backends.indices.map { stage(backends[$0], at: $0, of: backends.count) }
  }

  static func specification(layers: LayerRange, of layerCount: Int) -> StageSpecification {
    StageSpecification(
      layers: layers, hasEmbedding: layers.lower == 0, hasHead: layers.upper == layerCount, kvElementType: .f32,
      pageCount: pageCount, contextLength: contextLength, rowCapacity: rowCapacity)
  }

  private func stage(_ backend: any StageBackend, at index: Int, of count: Int) -> ServingStage {
    ServingStage(
      assignment(index, of: count), output: outbox.output, backend: backend,
      log: ReplayLog(width: hiddenSize, byteLimit: 1 << 20))
  }

  private func assignment(_ index: Int, of count: Int, after previous: PlanEpoch? = nil) -> StageAssignment {
    guard let layers = LayerRange(lower: index, upper: index + 1) else { preconditionFailure("a stage has layers") }
    return StageAssignment(
      epoch: epoch, previousEpoch: previous, place: .init(index: index, count: count, layers: layers),
      model: .init(paths: ["model.gguf"], fingerprint: ""),
      cache: .init(elementType: .f32, pageCount: Self.pageCount, contextLength: Self.contextLength),
      links: .init(nextEndpoint: "ipc:///nowhere"), maximumStepTokenCount: Self.rowCapacity)
  }

  /// Begins another plan: the stages resume what they hold, but the replaced one, which holds nothing.
  func beginPlan(replacing replaced: (stage: Int, backend: any StageBackend)? = nil) {
    let previous = epoch
    epoch = PlanEpoch(epoch.rawValue + 1)
    nextStep = 1
    for index in stages.indices {
      if let replaced, replaced.stage == index {
        stages[index] = stage(replaced.backend, at: index, of: stages.count)
      } else {
        stages[index].begin(
          assignment(index, of: stages.count, after: previous), output: outbox.output)
      }
    }
  }

  /// Sends a step through all stages.
  func step(
    _ entries: [StepEntry], releases: [SequenceID] = [], resumes: [ResumedSequence] = []
  ) throws -> Outcome {
    let header = ForwardHeader(
      epoch: epoch, step: nextStep, hiddenSize: hiddenSize, entries: entries, releases: releases, resumes: resumes)
    nextStep += 1
    var message = Message(frames: [Frame(header.encoded())]).sealed()
    for stage in stages {
      guard let opened = try stage.verified(message), let header = try stage.read(opened) else { throw Lost() }
      try stage.serve(header, opened) {}
      guard let sent = outbox.take() else { throw Lost() }
      message = sent
      sentByteCount += message.byteCount
    }
    guard case .whole(let opened) = message.verified() else { throw Lost() }
    let result = try opened.frames[0].withUnsafeBytes { try StepResult(decoding: $0) }
    rowCount += result.timings.reduce(0) { $0 + $1.rowCount }
    let numbers =
      opened.frames.count > 1 ? opened.frames[1].withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } : []
    let logitsCount = result.entries.reduce(0) { $0 + $1.logitsRowCount } * vocabularySize
    guard numbers.count == result.expectedPayloadByteCount / 4 else { throw Lost() }
    return Outcome(
      result: result,
      logits: stride(from: 0, to: logitsCount, by: vocabularySize).map {
        Array(numbers[$0..<$0 + vocabularySize])
      }, pooled: Array(numbers[logitsCount...]))
  }

  /// A step went nowhere.
  struct Lost: Error {}
}
