/// Finds marks in a text that comes in pieces. Never gives out text that may turn out to be part of a mark.
///
/// Linear in the text for a fixed set of marks; the result does not depend on how the text is split.
struct MarkScanner: Sendable {
  /// What comes next.
  enum Finding: Hashable, Sendable {
    /// Text before the mark, and the mark. Of marks that begin at one place the longest counts.
    case mark(before: String, String)
    /// Text without a mark; the rest is held back.
    case text(String)
  }

  private var pending: [UInt8] = []
  /// Bytes of `pending` that were given out.
  private var head = 0

  mutating func append(_ text: String) { pending += text.utf8 }

  /// Takes what lies before the first mark, and the mark, out of the text; or all that can be no part of one.
  mutating func next(_ marks: [String]) -> Finding {
    let marks = marks.map { Array($0.utf8) }.filter { !$0.isEmpty }
    var place = head
    while place < pending.count {
      var couldGrow = false
      var found: [UInt8]?
      for mark in marks where pending[place] == mark[0] {
        if pending[place...].starts(with: mark) {
          if mark.count > found?.count ?? 0 { found = mark }
        } else if pending.count - place < mark.count, mark.starts(with: pending[place...]) {
          couldGrow = true
        }
      }
      if couldGrow { break }
      if let found {
        let before = take(to: place)
        head += found.count
        return .mark(before: before, String(decoding: found, as: UTF8.self))
      }
      place += 1
    }
    defer { compact() }
    return .text(take(to: place))
  }

  /// All that is held back, at the end of the text.
  mutating func finish() -> String {
    defer { compact() }
    return take(to: pending.count)
  }

  private mutating func take(to place: Int) -> String {
    defer { head = place }
    return String(decoding: pending[head..<place], as: UTF8.self)
  }

  private mutating func compact() {
    pending.removeFirst(head)
    head = 0
  }
}
