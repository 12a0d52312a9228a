import Core
import Wire

/// What to ask another worker for next, to learn what the link to it carries, and what its answers say. A value: its
/// owner asks and keeps the time.
///
/// Empty answers come first; the quickest is the round trip. Then come bytes, more each time, until they take so long
/// that the round trip hardly counts: a slow link is not filled for seconds, and a quick one leaves TCP's slow start.
struct LinkProbes {
  /// Probes that are sent at once, and answered one after the other.
  struct Batch: Hashable {
    let count: Int
    /// Of each answer.
    let byteCount: Int
  }

  private static let roundTrips = [Batch](repeating: Batch(count: 1, byteCount: 0), count: 5)
  private static let transfers =
    [Batch(count: 1, byteCount: 64 << 10)]
    + [1, 2, 4, 8, 16].map { Batch(count: $0, byteCount: WireLimits.blockByteCount) }
  private static let longEnough = Duration.milliseconds(50)

  private var batches = (roundTrips + transfers)[...]
  private var roundTrip: Duration?
  private var bytesPerSecond: Double?

  /// Nil at the end.
  var next: Batch? { batches.first }

  /// - Parameter duration: from before the first probe of `next` was sent until all were answered.
  mutating func answered(in duration: Duration) {
    guard let batch = batches.popFirst() else { return }
    if batch.byteCount == 0 {
      roundTrip = min(roundTrip ?? duration, duration)
      return
    }
    // The trip there and back is no transfer, but no link is quicker than ten times what was seen.
    let transfer = max(duration - (roundTrip ?? .zero), duration / 10, .nanoseconds(1))
    bytesPerSecond = Double(batch.count * batch.byteCount) / transfer.inSeconds
    if transfer >= Self.longEnough { batches = [] }
  }

  /// Nil before the end, and where a clock says what no link has.
  var figures: LinkFigures? {
    guard batches.isEmpty, let roundTrip, let bytesPerSecond,
      WireLimits.roundTrips.contains(roundTrip.inSeconds), WireLimits.linkRates.contains(bytesPerSecond)
    else { return nil }
    return LinkFigures(bytesPerSecond: bytesPerSecond, roundTripSeconds: roundTrip.inSeconds)
  }
}

/// What a link carries, either way; within `WireLimits`.
package struct LinkFigures: Hashable, Sendable {
  package let bytesPerSecond: Double
  /// Until a byte is there and back.
  package let roundTripSeconds: Double

  package init(bytesPerSecond: Double, roundTripSeconds: Double) {
    self.bytesPerSecond = bytesPerSecond
    self.roundTripSeconds = roundTripSeconds
  }
}
