import Foundation

/// Maps values to positions along an axis, linearly or logarithmically, and chooses its marks.
struct ChartScale: Hashable, Sendable {
  let low: Double
  let high: Double
  let isLogarithmic: Bool
  /// Positions of `low` and `high`, in drawing units.
  let from: Double
  let to: Double

  /// Widens a range without extent. Logarithmic scales need positive values.
  init(_ low: Double, _ high: Double, isLogarithmic: Bool, from: Double, to: Double) {
    let isFlat = !(high > low)
    self.low = isFlat && isLogarithmic ? low / 2 : low
    self.high = isFlat ? (isLogarithmic ? low * 2 : low + 1) : high
    self.isLogarithmic = isLogarithmic
    (self.from, self.to) = (from, to)
  }

  /// Clamps values outside the range.
  func place(_ value: Double) -> Double {
    let value = min(max(value, low), high)
    let share =
      isLogarithmic ? (log(value) - log(low)) / (log(high) - log(low)) : (value - low) / (high - low)
    return from + share * (to - from)
  }

  /// Round values within the range, about `count` of them.
  func marks(_ count: Int) -> [Double] {
    if isLogarithmic {
      var marks: [Double] = []
      for power in Int(floor(log10(low)))...Int(ceil(log10(high))) {
        for digit in [1.0, 2, 5] { marks.append(digit * pow(10, Double(power))) }
      }
      marks = marks.filter { $0 >= low * 0.999 && $0 <= high * 1.001 }
      while marks.count > max(2, count) { marks = stride(from: 0, to: marks.count, by: 2).map { marks[$0] } }
      return marks
    }
    let raw = (high - low) / Double(max(1, count))
    let power = pow(10, floor(log10(raw)))
    let step = ([1.0, 2, 5, 10].first { $0 * power >= raw } ?? 10) * power
    return stride(from: (low / step).rounded(.up) * step, through: high * 1.0001, by: step).map { $0 }
  }
}
