/// A set of Unicode scalars, as a pattern's bracket expression writes it: classes, their complements, and ranges.
struct ScalarSet: Hashable, Sendable {
  private var classes: ScalarClass = []
  /// Members have none of the bits of one of these.
  private var complements: [ScalarClass] = []
  /// Ascending and apart.
  private var ranges: [ClosedRange<UInt32>] = []
  private var isNegated = false
  /// Members are in all of these as well.
  private var others: [ScalarSet] = []
  /// Those below 128.
  private(set) var ascii = ASCIISet()

  init(
    classes: ScalarClass = [], complements: [ScalarClass] = [], ranges: [ClosedRange<UInt32>] = [],
    isNegated: Bool = false, within others: [ScalarSet] = []
  ) {
    self.classes = classes
    self.complements = complements
    self.ranges = ScalarSet.merged(ranges)
    self.isNegated = isNegated
    self.others = others
    for value in UInt32(0)..<128 where contains(value, ScalarClass.of(value)) { ascii.insert(value) }
  }

  func contains(_ scalar: UInt32, _ kind: ScalarClass) -> Bool {
    let isListed =
      !classes.isDisjoint(with: kind) || (!complements.isEmpty && complements.contains { $0.isDisjoint(with: kind) })
      || (!ranges.isEmpty && isInRange(scalar))
    guard isListed != isNegated else { return false }
    return others.isEmpty || others.allSatisfy { $0.contains(scalar, kind) }
  }

  private func isInRange(_ scalar: UInt32) -> Bool {
    var (first, end) = (0, ranges.count)
    while first < end {
      let middle = (first + end) / 2
      if ranges[middle].upperBound < scalar { first = middle + 1 } else { end = middle }
    }
    return first < ranges.count && ranges[first].contains(scalar)
  }

  private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }
}

/// A set of scalars below 128: two words, so that most of any text is decided without a look at a class.
struct ASCIISet: Hashable, Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  static let all = ASCIISet(low: .max, high: .max)

  init() {}

  private init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }

  @inline(__always)
  func contains(_ scalar: UInt32) -> Bool {
    (scalar < 64 ? low : high) >> UInt64(scalar & 63) & 1 != 0
  }

  mutating func insert(_ scalar: UInt32) {
    if scalar < 64 { low |= 1 << UInt64(scalar) } else { high |= 1 << UInt64(scalar - 64) }
  }

  func union(_ other: ASCIISet) -> ASCIISet { ASCIISet(low: low | other.low, high: high | other.high) }
}
