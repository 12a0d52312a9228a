/// The UTF-8 of sets of scalars, as sequences of byte ranges.
enum UTF8Paths {
  /// Each path is one to four ranges, a byte each; together they spell exactly the set.
  static func paths(of set: ScalarSet) -> [[ClosedRange<UInt8>]] {
    let lengths: [ClosedRange<UInt32>] = [0...0x7F, 0x80...0x7FF, 0x800...0xFFFF, 0x1_0000...0x10_FFFF]
    var paths: [[ClosedRange<UInt8>]] = []
    for range in set.ranges {
      for (index, length) in lengths.enumerated() where range.overlaps(length) {
        let part = range.clamped(to: length)
        append(part.lowerBound, part.upperBound, continuationCount: index, to: &paths)
      }
    }
    return paths
  }

  /// Splits until all scalars of a part share their lead, or the part has all that follow.
  private static func append(
    _ lower: UInt32, _ upper: UInt32, continuationCount: Int, to paths: inout [[ClosedRange<UInt8>]]
  ) {
    for level in stride(from: continuationCount, to: 0, by: -1) {
      let mask = UInt32(1) << (6 * UInt32(level)) - 1
      guard lower & ~mask != upper & ~mask else { continue }
      if lower & mask != 0 {
        append(lower, lower | mask, continuationCount: continuationCount, to: &paths)
        append((lower | mask) + 1, upper, continuationCount: continuationCount, to: &paths)
        return
      }
      if upper & mask != mask {
        append(lower, (upper & ~mask) - 1, continuationCount: continuationCount, to: &paths)
        append(upper & ~mask, upper, continuationCount: continuationCount, to: &paths)
        return
      }
    }
    paths.append(zip(bytes(lower, continuationCount), bytes(upper, continuationCount)).map { $0...$1 })
  }

  private static func bytes(_ scalar: UInt32, _ continuationCount: Int) -> [UInt8] {
    let leads: [UInt32] = [0, 0xC0, 0xE0, 0xF0]
    let lead = leads[continuationCount] | scalar >> (6 * UInt32(continuationCount))
    let rest = (0..<continuationCount).reversed().map { 0x80 | scalar >> (6 * UInt32($0)) & 0x3F }
    return ([lead] + rest).map { UInt8(truncatingIfNeeded: $0) }
  }
}
