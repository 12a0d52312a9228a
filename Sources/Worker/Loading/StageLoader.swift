import Backend
import Foundation
import Core
import WeightDistribution
import Wire

/// Loads stages on a thread of its own: finds, fetches, verifies and maps their weights, and has the device load them.
/// One for the life of a worker; any thread calls it, and no call waits.
///
/// One piece of work is in hand at a time. A load cancels whatever is in hand and voids what waits; weights that are
/// fetched in advance wait for everything else.
final class StageLoader: @unchecked Sendable {
  enum Report: Sendable {
    case load(LoadReporter.Report)
    /// Weights that are fetched in advance.
    case ahead(String)
    case failed(String)
  }

  private enum Work {
    case load(StageAssignment, deliver: @Sendable (LoadedStage) -> Void)
    case fetchAhead(StageAssignment)
  }

  // Safety: every field below is touched under the condition's lock only.
  private let condition = NSCondition()
  private var waiting: [Work] = []
  /// Ends what is in hand.
  private var current: Cancellation?
  private var hasLeftCoordinator = false
  private var isStopped = false

  private let checkpoints: CheckpointSettings
  private let threadCount: Int
  private let device: any StageDevice
  private let blobs: LocalBlobs
  private let report: @Sendable (PlanEpoch, Report) -> Void

  /// - Parameters:
  ///   - threadCount: threads that hash a file of this machine.
  ///   - device: loads the stages.
  ///   - blobs: what this worker gives to others.
  ///   - report: called on the loader's threads; must not wait.
  init(
    checkpoints: CheckpointSettings, threadCount: Int, device: any StageDevice, blobs: LocalBlobs,
    report: @escaping @Sendable (PlanEpoch, Report) -> Void
  ) {
    self.checkpoints = checkpoints
    self.threadCount = threadCount
    self.device = device
    self.blobs = blobs
    self.report = report
  }

  /// Starts the thread.
  /// - Parameter connections: makes the connections over which one stage's weights come.
  func start(connections: @escaping @Sendable () -> FetchConnections) {
    let thread = Thread { [self] in run(connections) }
    thread.name = "loader"
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// Loads a stage; everything asked for before is void. The device computes no stage until this one is delivered or
  /// another load is asked for.
  /// - Parameter deliver: given the stage on the loader's thread; not called when the load fails or is void.
  func load(_ assignment: StageAssignment, deliver: @escaping @Sendable (LoadedStage) -> Void) {
    replaceAll(with: .load(assignment, deliver: deliver))
  }

  /// Fetches a stage's weights into the cache when there is nothing else to do.
  func fetchAhead(_ assignment: StageAssignment) {
    condition.withLock {
      guard !isStopped, waiting.count < Limits.maximumWorkerCount else { return }
      waiting.append(.fetchAhead(assignment))
      condition.signal()
    }
  }

  /// Cancels what is in hand and voids what waits.
  func cancel() { replaceAll(with: nil) }

  /// Cancels everything. The next load may be another coordinator's, which is asked for its manifest.
  func leaveCoordinator() {
    condition.withLock { hasLeftCoordinator = true }
    cancel()
  }

  /// Cancels everything and ends the thread.
  func stop() {
    condition.withLock { isStopped = true }
    cancel()
  }

  private func replaceAll(with work: Work?) {
    let current = condition.withLock {
      waiting = [work].compactMap { $0 }
      condition.signal()
      return self.current
    }
    current?.cancel()
  }

  // MARK: Loader thread

  private func run(_ connections: () -> FetchConnections) {
    let source = StageCheckpoint(checkpoints, threadCount: threadCount, blobs: blobs)
    while let (work, cancellation, hasLeftCoordinator) = next() {
      if hasLeftCoordinator { source.forgetCoordinator() }
      let connections = connections()
      defer { connections.close() }
      switch work {
      case .load(let assignment, let deliver):
        load(assignment, source, connections, cancellation, deliver)
      case .fetchAhead(let assignment): fetchAhead(assignment, source, connections, cancellation)
      }
    }
  }

  private func next() -> (Work, Cancellation, hasLeftCoordinator: Bool)? {
    condition.lock()
    defer { condition.unlock() }
    current = nil
    while waiting.isEmpty, !isStopped { condition.wait() }
    guard !isStopped else { return nil }
    let cancellation = Cancellation()
    current = cancellation
    defer { hasLeftCoordinator = false }
    return (waiting.removeFirst(), cancellation, hasLeftCoordinator)
  }

  private func load(
    _ assignment: StageAssignment, _ source: StageCheckpoint, _ connections: FetchConnections,
    _ cancellation: Cancellation, _ deliver: (LoadedStage) -> Void
  ) {
    let reporter = LoadReporter { [report] in report(assignment.epoch, .load($0)) }
    do {
      let checkpoint = try source.find(
        assignment, over: connections, reporter: reporter.part(0.5), cancellation: cancellation)
      // Finding it counted as half of the work, where there was anything to find.
      let found = assignment.model.isShared ? 0.5 : 0
      let backend = try device.load(StageSpecification(assignment), from: checkpoint, note: reporter.note) { fraction in
        try cancellation.check()
        reporter.progress(found + (1 - found) * fraction)
      }
      try cancellation.check()
      deliver(
        LoadedStage(epoch: assignment.epoch, backend: backend) { try StageVocabulary(checkpoint) })
    } catch is Cancelled {
      // Nothing waits for it any more.
    } catch {
      report(assignment.epoch, .failed("\(error)"))
    }
  }

  private func fetchAhead(
    _ assignment: StageAssignment, _ source: StageCheckpoint, _ connections: FetchConnections,
    _ cancellation: Cancellation
  ) {
    let reporter = LoadReporter { [report] in
      switch $0 {
      case .progress: break
      case .note(let text), .warning(let text): report(assignment.epoch, .ahead(text))
      }
    }
    do {
      try source.fetchAhead(assignment, over: connections, reporter: reporter, cancellation: cancellation)
    } catch is Cancelled {
      report(assignment.epoch, .ahead("stopped: there is something else to do"))
    } catch {
      // A standby serves without it, too: only later.
      report(assignment.epoch, .ahead("\(error)"))
    }
  }
}
