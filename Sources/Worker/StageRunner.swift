import Foundation
import Core
import Transport
import Wire

/// The worker's compute thread, as other threads see it: a stage and its frames go in through a bounded queue; what the
/// stage makes goes out through `StageOutput` and `report`, which only enqueue. One for the life of a worker.
final class StageRunner: Sendable {
  /// Given to the worker's service from the compute thread.
  enum Report: Sendable {
    case loading
    case ready(layers: LayerRange, weightByteCount: Int, kvByteCount: Int, held: [ResidentSequence], wasLoaded: Bool)
    /// All sequences are dropped, as asked.
    case forgotten
    /// A frame that could not be read was dropped.
    case rejected(String)
    /// The replay log's disk fails.
    case replayTrouble(String)
    /// No stage could be begun, or its frames cannot be sent on.
    case failed(String)
  }

  private let loader: StageLoader
  private let device: any StageDevice
  private let logBudget: ReplayLogBudget
  private let queue = WorkQueue(capacity: 256, byteLimit: WireLimits.maximumPayloadByteCount)
  private let meter = StepMeter()
  private let report: @Sendable (PlanEpoch, Report) -> Void

  init(
    loader: StageLoader, device: any StageDevice, logBudget: ReplayLogBudget,
    report: @escaping @Sendable (PlanEpoch, Report) -> Void
  ) {
    self.loader = loader
    self.device = device
    self.logBudget = logBudget
    self.report = report
  }

  /// Counts layers computed, which distinguishes a hung thread from an idle one.
  var progress: UInt64 { meter.progress }

  /// What the step in hand should take by experience, at least 1; nil between steps.
  var expectedStepMilliseconds: Int? { meter.expectedStepMilliseconds }

  /// Starts the compute thread.
  func start() {
    let thread = Thread { [self] in
      ComputeThread(
        queue: queue, loader: loader, meter: meter, device: device, logBudget: logBudget, report: report
      ).run()
    }
    thread.name = "compute"
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Gives the thread another stage; what it was given before is void. A stage with the same layers keeps its weights.
  func assign(_ assignment: StageAssignment, output: StageOutput) {
    queue.replaceAll(with: .assign(assignment, output: output))
  }

  /// Drops all sequences; the stage itself stays loaded.
  func forget() { queue.replaceAll(with: .forget) }

  /// Queues a frame for the compute thread. False when too many wait.
  func enqueue(_ message: Message) -> Bool { queue.push(frame: message) }

  /// Ends the thread after the frame it is at.
  func stop() { queue.close() }
}
