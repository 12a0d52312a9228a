import ArgumentParser

/// How a command computes what it writes.
struct WritingOptions: ParsableArguments {
  @Option(help: "Compute threads. Default: the cores that this process may use.")
  var threads: Int?

  var threadCount: Int { threads ?? Host.coreCount }

  func validate() throws {
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads must be between 1 and 256") }
  }
}
