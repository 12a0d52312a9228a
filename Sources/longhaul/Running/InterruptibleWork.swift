import Synchronization

/// Work of a command that takes long: shows how far it is on stderr, and Ctrl-C ends it.
enum InterruptibleWork {
  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  /// - Parameters:
  ///   - unit: what is counted, where its rate is shown.
  ///   - work: given what to call with how much is done, and of how much; that throws `CancellationError` after Ctrl-C.
  static func run<Result>(
    _ title: String, isQuiet: Bool = false, unit: String? = nil,
    _ work: (_ progress: (_ done: Int, _ total: Int) throws -> Void) throws -> Result
  ) throws -> Result {
    let isInterrupted = Flag()
    let watcher = Task { for await _ in Interruption.signals() { isInterrupted.value.store(true, ordering: .relaxed) } }
    defer { watcher.cancel() }
    var bar = ProgressBar(title, isWanted: !isQuiet, elsewhere: .lines, unit: unit)
    defer { bar.clear() }
    return try work { done, total in
      if isInterrupted.value.load(ordering: .relaxed) { throw CancellationError() }
      bar.update(done: done, total: total)
    }
  }

  /// The same of work that says which share of it is done.
  static func run(
    _ title: String, isQuiet: Bool = false, sharesOf work: (_ progress: (Double) throws -> Void) throws -> Void
  ) throws {
    try run(title, isQuiet: isQuiet) { progress in
      try withoutActuallyEscaping(progress) { progress in
        try work { share in try progress(Int(share * 1000), 1000) }
      }
    }
  }
}
