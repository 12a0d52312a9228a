import ArgumentParser
import Core

/// The workers that `serve` starts on its own machine.
struct LocalWorkersOptions: ParsableArguments {
  @Option(
    help: """
      Workers that the server starts on this machine, restarts and stops with itself. Default: 1, or none where \
      --listen, --cluster, --results or --workers say that workers come by themselves.
      """)
  var localWorkers: Int?

  @Option(help: "Compute threads of each local worker. Default: the machine's cores divided among them.")
  var threads: Int?

  @Option(
    help: """
      Memory of each local worker, for example 6GiB. Default: three quarters of the free memory, or what a control \
      group's limit leaves, divided among them.
      """)
  var memory: ByteSize?

  @OptionGroup var placement: PlacementOptions

  func validate() throws {
    if let localWorkers, !(1...Limits.maximumWorkerCount).contains(localWorkers) {
      throw ValidationError("--local-workers must be between 1 and \(Limits.maximumWorkerCount)")
    }
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must be between 1 and 256") }
  }

  /// The first of these options that was given.
  var given: String? {
    if localWorkers != nil { return "--local-workers" }
    if threads != nil { return "--threads" }
    if memory != nil { return "--memory" }
    return placement.given
  }

  /// The workers, with the memory that they may take.
  func cluster(host: HostMemory = .current) -> LocalClusterOptions {
    let count = localWorkers ?? 1
    return LocalClusterOptions(
      workers: count, threads: threads, memory: memory ?? ByteSize(byteCount: host.serviceByteCount / count),
      placement: placement)
  }
}
