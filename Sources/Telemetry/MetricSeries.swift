import CoreMetrics
import Synchronization

/// One number: a counter or a gauge. Any thread.
final class NumberSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
  private let stored = Mutex(0.0)

  var value: Double { stored.withLock { $0 } }

  func increment(by amount: Int64) { add(Double(amount)) }
  func increment(by amount: Double) { add(amount) }
  func decrement(by amount: Double) { add(-amount) }
  func reset() { set(0.0) }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { stored.withLock { $0 = value } }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }

  private func add(_ amount: Double) { stored.withLock { $0 += amount } }
}

/// A histogram: counts of values by bound. Any thread.
final class HistogramSeries: RecorderHandler, TimerHandler {
  struct Counts {
    /// By bound, not cumulative; the last counts values beyond all bounds.
    var counts: [Int]
    var sum = 0.0
  }

  let bounds: [Double]
  private let stored: Mutex<Counts>

  init(bounds: [Double]) {
    self.bounds = bounds
    stored = Mutex(Counts(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  var value: Counts { stored.withLock { $0 } }

  func record(_ value: Int64) { record(Double(value)) }
  func recordNanoseconds(_ duration: Int64) { record(Double(duration) * 1e-9) }

  /// Ignores NaN.
  func record(_ value: Double) {
    guard !value.isNaN else { return }
    let index = bounds.firstIndex { value <= $0 } ?? bounds.count
    stored.withLock {
      $0.counts[index] += 1
      $0.sum += value
    }
  }
}
