/// The pooled hidden state of a text, from those of its parts in order: their mean, weighted by their tokens. A text
/// with one pooled part has that part's.
struct PooledText {
  private var sums: [Double] = []
  private var weight = 0
  /// Tokens of the text so far.
  private var tokenCount = 0
  /// The newest part, whose length is not known yet.
  private var part: [Float]?

  /// Takes the row of the next part.
  mutating func add(_ row: [Float]) { part = row }

  /// The text is computed up to here: the newest part, if it has a row, reaches from where the one before it ended.
  mutating func weigh(upTo end: Int) {
    defer { tokenCount = max(tokenCount, end) }
    guard let row = part, end > tokenCount else { return }
    part = nil
    if sums.isEmpty { sums = Array(repeating: 0, count: row.count) }
    guard sums.count == row.count else { return }
    let count = end - tokenCount
    for (index, number) in row.enumerated() { sums[index] += Double(number) * Double(count) }
    weight += count
  }

  /// One number a column; nil when no part was pooled.
  var row: [Float]? { weight > 0 ? sums.map { Float($0 / Double(weight)) } : nil }
}
