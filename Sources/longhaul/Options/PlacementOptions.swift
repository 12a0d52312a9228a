import ArgumentParser
import Tensors

/// Where compute threads run and how they wait.
struct PlacementOptions: ParsableArguments {
  @Option(
    help: """
      Keep each compute thread on a processor of its own: 'all' takes those this program may run on, in order; or a \
      list such as 0-3,8. Workers on one machine take their turns.
      """)
  var pin: ProcessorList?

  @Flag(
    help: """
      Lay keys and values on the memory node of the threads that read them. Pins threads, to all processors unless \
      --pin says to which.
      """)
  var numa = false

  @Flag(
    help: """
      Let idle compute threads sleep at once instead of looking for work a moment longer: for processors that others \
      need too. Threads beyond the number of processors do so anyhow.
      """)
  var noSpin = false

  /// The placement of worker `index` of `workerCount` that share this machine.
  /// - Throws: when there are not processors enough for them all.
  func placement(worker index: Int, of workerCount: Int, threadCount: Int) throws -> ThreadPlacement {
    let needed = workerCount * threadCount
    var placement = ThreadPlacement(isNodeAware: numa, spins: !noSpin && needed <= Host.processorCount)
    if pin != nil || numa {
      let processors = (pin ?? .all).processors
      guard processors.count >= needed else {
        throw CommandFailure(
          .usage,
          "--pin has \(processors.count) processors for \(needed) compute threads; name more or lower --threads")
      }
      placement.processors = Array(processors[index * threadCount..<(index + 1) * threadCount])
    }
    return placement
  }
}

extension ThreadPlacement {
  /// The options that give a worker process this placement.
  var workerArguments: [String] {
    var arguments: [String] = []
    if let processors { arguments += ["--pin", processors.map { "\($0)" }.joined(separator: ",")] }
    if isNodeAware { arguments.append("--numa") }
    if !spins { arguments.append("--no-spin") }
    return arguments
  }
}

/// Processors as people list them: 'all', or numbers and ranges with commas between.
enum ProcessorList: ExpressibleByArgument, Hashable {
  case all
  case these([Int])

  init?(argument: String) {
    guard argument != "all" else {
      self = .all
      return
    }
    var numbers: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        (0...Self.largest).contains(first), (0...Self.largest).contains(last), first <= last
      else { return nil }
      numbers += first...last
    }
    guard Set(numbers).count == numbers.count else { return nil }
    self = .these(numbers)
  }

  private static let largest = 4095

  var processors: [Int] {
    switch self {
    case .all: ThreadPlacement.availableProcessors
    case .these(let numbers): numbers
    }
  }
}
