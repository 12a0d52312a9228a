import Synchronization

/// Where a load reports how it goes. Any thread.
final class LoadReporter: Sendable {
  enum Report: Sendable {
    /// The fraction of the work that is done.
    case progress(Double)
    /// Worth a line in the log; of the second kind when the operator should know.
    case note(String)
    case warning(String)
  }

  private let reported = Mutex(0.0)
  private let send: @Sendable (Report) -> Void
  /// Blocks are many; only every two thousandth of the work is reported.
  private static let step = 0.0005

  init(send: @escaping @Sendable (Report) -> Void) { self.send = send }

  func progress(_ fraction: Double) {
    let isNews = reported.withLock { reported in
      guard fraction - reported >= Self.step || fraction == 1 else { return false }
      reported = fraction
      return true
    }
    if isNews { send(.progress(fraction)) }
  }

  func note(_ text: String) { send(.note(text)) }
  func warn(_ text: String) { send(.warning(text)) }

  /// One that reports the same notes, and its progress as a part of this one's.
  func part(_ share: Double) -> LoadReporter {
    LoadReporter { [self] report in
      if case .progress(let fraction) = report { progress(share * fraction) } else { send(report) }
    }
  }
}
