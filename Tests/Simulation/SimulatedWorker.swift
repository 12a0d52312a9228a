import Cluster
import Core
import Scheduling
import Worker

/// A worker process: the real link to the coordinator, a toy stage, and a compute thread that takes time and works off
/// a queue, as the product's does.
struct SimulatedWorker {
  let name: String
  /// Counts the processes that have had this name, so that what was meant for one is not given to the next.
  var life = 0
  var isAlive = false
  var pausedUntil = Duration.zero
  var link: CoordinatorLink
  var stage: SimulatedStage?
  /// What the compute thread does next: assigned or told to forget, all that waited before is void.
  var order: Order?
  /// The assignment being loaded.
  var loading: SimulatedAssignment?
  /// When no weights can be kept: its disk is full. It stays so over restarts.
  var fullDisk = Duration.zero..<Duration.zero
  /// Tokens a sequence's log holds at most.
  var logLimit = 0
  var queue: [SimulatedStep] = []
  /// The step being computed.
  var inHand: SimulatedStep?
  var isHung = false
  /// Until then its steps do not end.
  var slowUntil = Duration.zero
  var progress: UInt64 = 0
  var expectedStep = Duration.zero
  /// The connection to the coordinator; nil while there is none.
  var connection: Int?

  enum Order {
    case assign(SimulatedAssignment)
    case forget
  }

  init(name: String) {
    self.name = name
    link = CoordinatorLink(incarnation: 0, reconnectTimeout: .seconds(600), now: .zero)
  }

  mutating func start(incarnation: UInt64, now: Duration) {
    let next = SimulatedWorker(name: name)
    let (life, logLimit, fullDisk) = (life + 1, logLimit, fullDisk)
    self = next
    self.life = life
    self.logLimit = logLimit
    self.fullDisk = fullDisk
    isAlive = true
    link = CoordinatorLink(incarnation: incarnation, reconnectTimeout: .seconds(600), now: now)
  }

  var vitals: HeartbeatStatus { HeartbeatStatus(progress: progress, expectedStep: inHand == nil ? nil : expectedStep) }

  var held: [ResidentSequence] { stage?.residentSequences ?? [] }

  /// In place of all that waits.
  mutating func give(_ order: Order) {
    queue = []
    self.order = order
  }
}
