import Attention
import Foundation
import Inference
import Synchronization
import Tensors
import Transformer
import Transport
import Weights
import Wire

/// One assigned stage: loads it, then turns each forward frame into the next stage's frame or the coordinator's result.
///
/// It owns the compute thread. Frames come from the socket thread through a bounded queue; what it makes goes out
/// through `send` and `report`, which only enqueue.
final class StageRunner: Sendable {
  /// Told to the worker's service from the compute thread.
  enum Report: Sendable {
    case loading(Double)
    case ready(weightByteCount: Int, kvByteCount: Int)
    /// A frame that could not be read was dropped.
    case rejected(String)
    /// The stage could not be loaded, or its frames cannot be sent on.
    case failed(String)
  }

  let assignment: StageAssignment
  private let modelPath: String?
  private let threadCount: Int
  private let queue = FrameQueue(capacity: 256)
  private let progressCount = Atomic<UInt64>(0)
  private let send: @Sendable (Message) throws -> Void
  private let report: @Sendable (Report) -> Void

  init(
    assignment: StageAssignment, modelPath: String?, threadCount: Int,
    send: @escaping @Sendable (Message) throws -> Void, report: @escaping @Sendable (Report) -> Void
  ) {
    self.assignment = assignment
    self.modelPath = modelPath
    self.threadCount = threadCount
    self.send = send
    self.report = report
  }

  /// Counts layers computed, so that a hung thread can be told from an idle one.
  var progress: UInt64 { progressCount.load(ordering: .relaxed) }

  /// Starts the compute thread.
  func start() {
    let thread = Thread { [self] in
      do {
        let stage = try load()
        try serve(stage)
      } catch {
        report(.failed("\(error)"))
      }
      queue.close()
    }
    thread.name = "compute"
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Takes a frame for the compute thread. False when too many wait.
  func take(_ message: Message) -> Bool { queue.push(message) }

  /// Ends the thread after the frame it is at.
  func stop() { queue.close() }

  // MARK: Compute thread

  private func load() throws -> PipelineStage {
    let checkpoint = try Checkpoint(path: modelPath ?? assignment.modelPaths.first ?? "")
    guard checkpoint.fingerprint == assignment.modelFingerprint else {
      throw StageLoadError.otherModel(path: modelPath ?? assignment.modelPaths.first ?? "")
    }
    let configuration = try checkpoint.configuration
    let weights = try StageWeights(checkpoint, layers: assignment.layers, hasEmbedding: isFirst, hasHead: isLast)
    weights.prefetch { [report] fraction in report(.loading(fraction)) }
    let stage = try PipelineStage(
      configuration: configuration, weights: weights, pageCount: assignment.pageCount,
      kvElementType: assignment.kvElementType, contextLength: assignment.contextLength,
      rowCapacity: assignment.maximumStepTokenCount, pool: ComputePool(threadCount: threadCount))
    report(.ready(weightByteCount: weights.byteCount, kvByteCount: stage.store.byteCount))
    return stage
  }

  private var isFirst: Bool { assignment.stageIndex == 0 }
  private var isLast: Bool { assignment.stageIndex == assignment.stageCount - 1 }

  private func serve(_ stage: PipelineStage) throws {
    let configuration = stage.configuration
    var sequences = StageSequences(
      store: stage.store, vocabularySize: configuration.vocabularySize, contextLength: assignment.contextLength,
      isLast: isLast)
    var head = StageHead(vocabularySize: isLast ? configuration.vocabularySize : 0)
    while let message = queue.pop() {
      guard let first = message.frames.first else { continue }
      guard var header = readable(first) else { continue }
      // A frame of an earlier plan may still be under way; it is nobody's any more.
      guard header.epoch == assignment.epoch else { continue }
      sequences.release(header.releases)
      var entries: [StepResultEntry] = []
      var logits: [Float] = []
      if header.failure == nil, !header.entries.isEmpty {
        do {
          let payload = message.frames.count > 1 ? message.frames[1] : nil
          try compute(header, payload: payload, stage: stage, sequences: &sequences)
          if isLast { (entries, logits) = try head.results(of: header.entries, stage: stage, sequences: sequences) }
        } catch {
          header.failure = "stage \(assignment.stageIndex) (layers \(assignment.layers)): \(error)"
        }
      }
      try isLast ? sendResult(header, entries: entries, logits: logits, stage: stage) : sendOn(header, stage: stage)
    }
  }

  /// The frame's header; nil, and reported, when its bytes are no header. Others' frames are not disturbed.
  private func readable(_ frame: Frame) -> ForwardHeader? {
    do {
      return try frame.withUnsafeBytes { bytes in try ForwardHeader(decoding: bytes) }
    } catch {
      report(.rejected("\(error)"))
      return nil
    }
  }

  private func compute(
    _ header: ForwardHeader, payload: Frame?, stage: PipelineStage, sequences: inout StageSequences
  ) throws {
    let hiddenSize = stage.configuration.hiddenSize
    let rows = header.rowCount
    guard rows <= assignment.maximumStepTokenCount else {
      throw StepError.tooManyRows(rows, limit: assignment.maximumStepTokenCount)
    }
    guard header.hiddenSize == hiddenSize else {
      throw StepError.otherWidth(header.hiddenSize, expected: hiddenSize)
    }
    let expected = isFirst ? 0 : header.expectedPayloadByteCount
    guard (payload?.count ?? 0) == expected else {
      throw StepError.payload(payload?.count ?? 0, expected: expected)
    }
    let attention = try sequences.admit(header.entries)
    if let payload {
      payload.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(start: stage.input, count: expected).copyMemory(from: bytes)
      }
    } else {
      var row = 0
      for entry in header.entries {
        for token in entry.tokens {
          stage.embed(token, row: row)
          row += 1
        }
      }
    }
    _ = stage.forward(entries: attention, rows: rows) { _ in progressCount.add(1, ordering: .relaxed) }
    guard stage.isFinite(rows: rows) else { throw StepError.notFinite }
  }

  private func sendOn(_ header: ForwardHeader, stage: PipelineStage) throws {
    var frames = [Frame(header.encoded())]
    if header.failure == nil, !header.entries.isEmpty {
      let count = header.expectedPayloadByteCount
      frames.append(
        Frame(byteCount: count) { destination in
          destination.copyMemory(from: UnsafeRawBufferPointer(start: stage.input, count: count))
        })
    }
    try send(Message(frames: frames))
  }

  private func sendResult(
    _ header: ForwardHeader, entries: [StepResultEntry], logits: [Float], stage: PipelineStage
  ) throws {
    let result = StepResult(
      epoch: header.epoch, step: header.step, entries: entries, vocabularySize: stage.configuration.vocabularySize,
      failure: header.failure)
    var frames = [Frame(result.encoded())]
    if !logits.isEmpty, header.failure == nil {
      frames.append(logits.withUnsafeBytes { bytes in Frame(byteCount: bytes.count) { $0.copyMemory(from: bytes) } })
    }
    try send(Message(frames: frames))
  }
}

/// A step that this stage cannot compute as sent.
enum StepError: Error, CustomStringConvertible {
  case tooManyRows(Int, limit: Int)
  case otherWidth(Int, expected: Int)
  case payload(Int, expected: Int)
  case notFinite

  var description: String {
    switch self {
    case .tooManyRows(let rows, let limit): "the step has \(rows) tokens where the plan allows \(limit)"
    case .otherWidth(let width, let expected): "hidden states are \(width) wide where the model's are \(expected)"
    case .payload(let count, let expected): "the payload has \(count) bytes where the step needs \(expected)"
    case .notFinite: "the model produced numbers that are not finite"
    }
  }
}

/// A stage that cannot be loaded here.
enum StageLoadError: Error, CustomStringConvertible {
  case otherModel(path: String)
  var description: String {
    switch self {
    case .otherModel(let path):
      "'\(path)' is not the model the coordinator serves (its headers differ); copy the coordinator's file to this "
        + "machine and name it with --model"
    }
  }
}
