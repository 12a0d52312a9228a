import ArgumentParser
import Tensors

/// Cores and idle behavior of compute threads.
struct PlacementOptions: ParsableArguments {
  @Option(
    help: """
      Pin each compute thread to its own core: 'all' uses the cores this process may run on, in order; or pass a \
      list such as 0-3,8. Workers on one machine take consecutive cores.
      """)
  var pin: ProcessorList?

  @Flag(
    help: """
      Place the KV cache on the NUMA node of the threads that read it. Pins threads, to all cores unless --pin lists \
      them.
      """)
  var numa = false

  @Flag(
    help: """
      Let idle compute threads sleep at once instead of spinning: for cores that other processes need. Threads \
      beyond the number of cores always sleep.
      """)
  var noSpin = false

  /// No pinning, no NUMA placement; idle threads spin.
  static var anywhere: PlacementOptions {
    var options = PlacementOptions()
    (options.pin, options.numa, options.noSpin) = (nil, false, false)
    return options
  }

  /// The first of these options that was given.
  var given: String? { pin != nil ? "--pin" : numa ? "--numa" : noSpin ? "--no-spin" : nil }

  /// The placement of worker `index` of `workerCount` that share this machine.
  /// - Throws: when there are fewer cores than threads.
  func placement(worker index: Int, of workerCount: Int, threadCount: Int) throws -> ThreadPlacement {
    let needed = workerCount * threadCount
    var placement = ThreadPlacement(isNodeAware: numa, spins: !noSpin && needed <= Host.coreCount)
    if pin != nil || numa {
      let processors = (pin ?? .all).processors
      guard processors.count >= needed else {
        throw CommandFailure(
          .usage,
          "--pin has \(processors.count) cores for \(needed) compute threads; list more cores or lower --threads")
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
