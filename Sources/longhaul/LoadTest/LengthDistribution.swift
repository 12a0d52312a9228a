import ArgumentParser
import Core
import Evaluation
import Glibc

/// How long prompts or answers are, in tokens: `512` all alike, `128-1024` any length in between alike, `512~128`
/// normal, with mean and standard deviation.
enum LengthDistribution: Hashable, Sendable {
  case fixed(Int)
  case uniform(ClosedRange<Int>)
  /// Draws below 1, or above the longest that may be asked for, become those.
  case normal(mean: Int, deviation: Int)

  static let lengths = 1...Limits.maximumContext

  /// A length of at least 1.
  func length(_ random: inout SeededRandom) -> Int {
    switch self {
    case .fixed(let length): return length
    case .uniform(let range): return range.lowerBound + random.number(below: range.count)
    case .normal(let mean, let deviation):
      // Box and Muller: the sine and cosine of a uniform angle, stretched, are normal.
      let stretch = (-2 * log(random.share())).squareRoot()
      let draw = (Double(mean) + Double(deviation) * stretch * cos(2 * .pi * random.share())).rounded()
      return Int(min(max(draw, Double(Self.lengths.lowerBound)), Double(Self.lengths.upperBound)))
    }
  }
}

extension LengthDistribution: ExpressibleByArgument {
  init?(argument: String) {
    func pair(_ separator: Character) -> (Int, Int)? {
      let parts = argument.split(separator: separator, omittingEmptySubsequences: false).map { Int($0) }
      guard parts.count == 2, let first = parts[0], let second = parts[1] else { return nil }
      return (first, second)
    }
    if let length = Int(argument), Self.lengths.contains(length) {
      self = .fixed(length)
    } else if let (low, high) = pair("-"), low <= high, Self.lengths.contains(low), Self.lengths.contains(high) {
      self = .uniform(low...high)
    } else if let (mean, deviation) = pair("~"), Self.lengths.contains(mean),
      (0...Self.lengths.upperBound).contains(deviation)
    {
      self = .normal(mean: mean, deviation: deviation)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { "\(self)" }
}

extension LengthDistribution: CustomStringConvertible {
  var description: String {
    switch self {
    case .fixed(let length): "\(length)"
    case .uniform(let range): "\(range.lowerBound)-\(range.upperBound)"
    case .normal(let mean, let deviation): "\(mean)~\(deviation)"
    }
  }
}

extension SeededRandom {
  /// Above 0, at most 1.
  mutating func share() -> Double { (Double(next() >> 11) + 1) * 0x1p-53 }
}
