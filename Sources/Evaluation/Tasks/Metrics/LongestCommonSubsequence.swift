/// Longest common subsequences, O(n·m) time.
enum LongestCommonSubsequence {
  /// Length, in memory of the shorter sequence.
  static func length<Element: Hashable>(_ left: [Element], _ right: [Element]) -> Int {
    let (long, short) = left.count >= right.count ? (left, right) : (right, left)
    guard !short.isEmpty else { return 0 }
    var row = [Int](repeating: 0, count: short.count + 1)
    for element in long {
      var diagonal = 0
      for (index, other) in short.enumerated() {
        let above = row[index + 1]
        row[index + 1] = element == other ? diagonal + 1 : max(above, row[index])
        diagonal = above
      }
    }
    return row[short.count]
  }

  /// The elements of one such subsequence: read from the ends, `left` is shortened only where that keeps strictly more.
  static func elements<Element: Hashable>(_ left: [Element], _ right: [Element]) -> [Element] {
    let width = right.count + 1
    var table = [Int32](repeating: 0, count: (left.count + 1) * width)
    for row in 0..<left.count {
      for column in 0..<right.count {
        let at = (row + 1) * width + column + 1
        table[at] =
          left[row] == right[column] ? table[at - width - 1] + 1 : max(table[at - width], table[at - 1])
      }
    }
    var (row, column) = (left.count, right.count)
    var found: [Element] = []
    while row > 0, column > 0 {
      let at = row * width + column
      if left[row - 1] == right[column - 1] {
        found.append(left[row - 1])
        (row, column) = (row - 1, column - 1)
      } else if table[at - width] > table[at - 1] {
        row -= 1
      } else {
        column -= 1
      }
    }
    return found
  }
}
