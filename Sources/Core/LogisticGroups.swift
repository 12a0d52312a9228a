/// SELF's groups, which grow along a text by a logistic function (arXiv 2505.17296; the authors' code is
/// `alexeipc/SELF-LLM`): group t = 0, 1, … holds `floor(g(t))` tokens, with `g(t) = C / (1 + (C - 1) e^(-rt))` and the
/// rate r = 0.02 of their code. Groups begin with single tokens and end with C - 1 of them.
///
/// Made of IEEE operations alone, without a library's logarithm, so that all machines have the same groups.
struct LogisticGroups: Hashable, Sendable {
  /// Groups of the same size, up to the next run.
  private struct Run: Hashable {
    let firstPosition: Int
    let firstGroup: Int
    let size: Int
  }

  /// Ascending, the first at 0; a few hundred at most, since groups grow by e in 50 groups or are at their largest.
  private let runs: [Run]

  /// e^(-0.02).
  private static let decay = 0.9801986733067553

  /// - Parameter capacity: C, at least 1. With C up to 2 every group is a single token.
  init(capacity: Int) {
    var runs: [Run] = []
    var (position, group, falling) = (0, 0, 1.0)
    while position < Limits.maximumContext {
      let size = max(1, min(capacity - 1, Int(Double(capacity) / (1 + Double(capacity - 1) * falling))))
      if size != runs.last?.size { runs.append(Run(firstPosition: position, firstGroup: group, size: size)) }
      if size >= capacity - 1 { break }
      (position, group, falling) = (position + size, group + 1, falling * Self.decay)
    }
    self.runs = runs
  }

  /// The group of the token at `position`.
  func group(of position: Int) -> Int {
    let run = lastRun { $0.firstPosition <= position }
    return run.firstGroup + (position - run.firstPosition) / run.size
  }

  /// The position at which a group begins.
  func firstPosition(of group: Int) -> Int {
    let run = lastRun { $0.firstGroup <= group }
    return run.firstPosition + (group - run.firstGroup) * run.size
  }

  /// The last run that begins early enough, by halving.
  private func lastRun(where begins: (Run) -> Bool) -> Run {
    var (low, high) = (0, runs.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if begins(runs[middle]) { low = middle } else { high = middle }
    }
    return runs[low]
  }
}
