import Inference

/// Counts bytes, and says now and then how it goes.
struct FetchAccount {
  private static let interval = Duration.seconds(5)

  let total: Int
  private var done = 0
  private var fetched = 0
  private var fetchedFromWorkers = 0
  private let started = ContinuousClock.now
  private var told: ContinuousClock.Instant?

  init(total: Int) { self.total = max(1, total) }

  /// Returns the share that is done, the manifest's part counted as 1 %.
  mutating func add(_ byteCount: Int) -> Double {
    done += byteCount
    return 0.01 + 0.99 * min(1, Double(done) / Double(total))
  }

  /// What is worth a line in the log after another piece has come.
  mutating func news(of byteCount: Int, from origin: WeightFetch.Origin) -> String? {
    guard origin != .cache else { return nil }
    fetched += byteCount
    if origin == .worker { fetchedFromWorkers += byteCount }
    let now = ContinuousClock.now
    guard told.map({ now - $0 >= Self.interval }) ?? true else { return nil }
    told = now
    return "fetching weights: \(done) of \(total) bytes are here"
  }

  var summary: String? {
    guard fetched > 0 else { return nil }
    let seconds = (ContinuousClock.now - started).inSeconds
    return "fetched \(fetched) of \(total) bytes of weights in \((seconds * 10).rounded() / 10) s, "
      + "\(fetchedFromWorkers) of them from workers"
  }
}
