/// Which rows of a folder's tensor become those of GGUF's.
enum RowOrder: Hashable, Sendable {
  case stored
  /// Rows of so many heads are paired with their neighbors: RoPE turns neighbors in GGUF's form of some families,
  /// halves of a head in the folder's.
  case neighbors(headCount: Int)
  /// Each matrix has the rows of two tensors, `perMatrix` each.
  case share(RowShare, perMatrix: Int)
  /// Queries, keys and values lie in a group for each head of keys; in GGUF's form all queries come first, then all
  /// keys.
  case groups(count: Int, headSize: Int)

  /// - Parameters:
  ///   - row: of GGUF's tensor, of `count` that one source has.
  func row(_ row: Int, of count: Int) -> Int {
    switch self {
    case .stored: return row
    case .neighbors(let headCount):
      let size = count / headCount
      let (head, place) = row.quotientAndRemainder(dividingBy: size)
      return head * size + place % 2 * (size / 2) + place / 2
    case .share(let share, let perMatrix): return share.row(of: row, perMatrix: perMatrix)
    case .groups(let groups, let size):
      let (head, place) = row.quotientAndRemainder(dividingBy: size)
      let queries = count / size / groups - 2
      // Heads of queries, then a group's key and value.
      let further = head - queries * groups
      let (group, part) =
        further < 0
        ? head.quotientAndRemainder(dividingBy: queries) : (further % groups, queries + further / groups)
      return (group * (queries + 2) + part) * size + place
    }
  }
}

/// Which rows of a matrix are a tensor's, where another tensor has as many: the first or the last ones, or every
/// second.
struct RowShare: Hashable, Sendable {
  /// 0 or 1.
  let index: Int
  let takesTurns: Bool

  /// - Parameters:
  ///   - row: of the tensor, which has `perMatrix` rows of each matrix.
  func row(of row: Int, perMatrix: Int) -> Int {
    takesTurns ? 2 * row + index : row / perMatrix * 2 * perMatrix + index * perMatrix + row % perMatrix
  }
}
