/// Finds a pattern's matches in one text.
///
/// Whether the rest of a pattern matches from a position on depends on nothing else, so every failure is remembered: of
/// splits by position, of runs as one range of positions that were tried in vain. All searches together, in ascending
/// order, take linear time, whatever the pattern. One per pattern and text; not shared between threads.
struct PatternMatcher {
  private let instructions: [Pattern.Instruction]
  private let sets: [ScalarSet]
  private var choices: [Choice] = []
  private var runs: [RunMemory]
  /// Where splits failed, and where they led lookaheads to a match.
  private var failures: PositionBits
  private var successes: PositionBits

  /// What is tried next when the present way fails.
  private enum Choice {
    case split(at: Int, slot: Int, other: Int)
    /// The second way of a split is being tried.
    case tried(at: Int, slot: Int)
    /// A run that went on after `tried`, and may end earlier, down to `lowest`.
    case run(after: Int, slot: Int, lowest: Int, tried: Int, end: Int)
  }

  private struct RunMemory {
    /// Scalars of the set that were counted, all of them to the end.
    var counted = 0..<0
    /// Ends of a run, of the one that ends at `end`, after which nothing matched.
    var failed = 0..<0
    var end = -1
  }

  /// - Parameter count: scalars of the text.
  init(_ pattern: Pattern, count: Int) {
    instructions = pattern.instructions
    sets = pattern.sets
    failures = PositionBits(slotCount: pattern.splitCount, textCount: count)
    successes = failures
    runs = Array(repeating: RunMemory(), count: pattern.runCount)
  }

  /// The leftmost match within a range, whose neighbors do not count; nil when there is none. It may be empty, but not
  /// at the beginning, where that cuts nothing.
  /// - Parameter first: where the search begins.
  mutating func firstMatch(in text: ScalarView, _ range: Range<Int>, from first: Int) -> Range<Int>? {
    for start in first..<range.upperBound {
      let end = end(of: text, at: start, limit: range.upperBound, from: 0, within: range, isLookahead: false)
      if let end, end > start || start > range.lowerBound { return start..<end }
    }
    return nil
  }

  /// The end of the match of the instructions from an index on, or nil.
  private mutating func end(
    of text: ScalarView, at start: Int, limit: Int, from first: Int, within range: Range<Int>,
    isLookahead: Bool
  ) -> Int? {
    let base = choices.count
    var (at, program) = (start, first)
    while true {
      var goesOn = true
      switch instructions[program] {
      case .one(let set):
        goesOn = at < limit && contains(set, text, at)
        at += 1
        program += 1
      case .run(let set, let minimum, let maximum, let isPossessive, let slot):
        let end = endOfRun(of: text, set, at: at, limit: limit, maximum: maximum, slot: slot)
        program += 1
        if isPossessive || end - at <= minimum {
          goesOn = end - at >= minimum
          at = end
        } else if let last = untried(slot, from: end, lowest: at + minimum, end: end) {
          choices.append(.run(after: program, slot: slot, lowest: at + minimum, tried: last, end: end))
          at = last
        } else {
          goesOn = false
        }
      case .split(let other, let slot, let beginnings):
        if at < limit, text.scalars[at] < 128, !beginnings.contains(text.scalars[at]) {
          program = other
          continue
        }
        if isLookahead, successes.contains(slot, at, limit: limit) { return accept(at, base, limit, isLookahead) }
        goesOn = !failures.contains(slot, at, limit: limit)
        if goesOn { choices.append(.split(at: at, slot: slot, other: other)) }
        program += 1
      case .jump(let target): program = target
      case .lookahead(let after, let isNegated):
        let found = end(
          of: text, at: at, limit: limit, from: program + 1, within: range, isLookahead: true)
        goesOn = (found != nil) != isNegated
        program = after
      case .lineEnd:
        goesOn = at == limit || text.scalars[at] == 0x0A
        program += 1
      case .wordBoundary:
        let before = at > range.lowerBound && !text.classes[at - 1].isDisjoint(with: .word)
        let after = at < limit && !text.classes[at].isDisjoint(with: .word)
        goesOn = before != after
        program += 1
      case .accept: return accept(at, base, limit, isLookahead)
      }
      if !goesOn {
        guard let choice = nextChoice(above: base, limit: limit) else { return nil }
        (at, program) = choice
      }
    }
  }

  private mutating func accept(_ at: Int, _ base: Int, _ limit: Int, _ isLookahead: Bool) -> Int {
    if isLookahead {
      for choice in choices[base...] {
        switch choice {
        case .split(let at, let slot, _), .tried(let at, let slot): successes.insert(slot, at, limit: limit)
        case .run: break
        }
      }
    }
    choices.removeLast(choices.count - base)
    return at
  }

  /// Takes back what failed, down to the last choice that has another way.
  private mutating func nextChoice(above base: Int, limit: Int) -> (at: Int, program: Int)? {
    while choices.count > base, let choice = choices.popLast() {
      switch choice {
      case .split(let at, let slot, let other):
        choices.append(.tried(at: at, slot: slot))
        return (at, other)
      case .tried(let at, let slot):
        failures.insert(slot, at, limit: limit)
      case .run(let after, let slot, let lowest, let tried, let end):
        markRun(slot, failedAfter: tried, end: end)
        guard let next = untried(slot, from: tried - 1, lowest: lowest, end: end) else { continue }
        choices.append(.run(after: after, slot: slot, lowest: lowest, tried: next, end: end))
        return (next, after)
      }
    }
    return nil
  }

  @inline(__always)
  private func contains(_ set: Pattern.ScalarTest, _ text: ScalarView, _ at: Int) -> Bool {
    let scalar = text.scalars[at]
    return scalar < 128 ? set.ascii.contains(scalar) : sets[set.index].contains(scalar, text.classes[at])
  }

  // MARK: Runs

  private mutating func endOfRun(
    of text: ScalarView, _ set: Pattern.ScalarTest, at start: Int, limit: Int, maximum: Int, slot: Int
  ) -> Int {
    var end = start
    let last = maximum < limit - start ? start + maximum : limit
    guard maximum == .max else {
      while end < last, contains(set, text, end) { end += 1 }
      return end
    }
    // Backtracking meets runs from their ends.
    let counted = runs[slot].counted
    if counted.contains(start) { return counted.upperBound }
    while end < last, contains(set, text, end) {
      end += 1
      if end == counted.lowerBound, !counted.isEmpty {
        end = counted.upperBound
        break
      }
    }
    runs[slot].counted = start..<end
    return end
  }

  /// The latest end of a run, no later than `from`, that has not failed; nil when all have.
  private func untried(_ slot: Int, from latest: Int, lowest: Int, end: Int) -> Int? {
    let memory = runs[slot]
    let next = memory.end == end && memory.failed.contains(latest) ? memory.failed.lowerBound - 1 : latest
    return next >= lowest ? next : nil
  }

  private mutating func markRun(_ slot: Int, failedAfter end: Int, end runEnd: Int) {
    let memory = runs[slot]
    if memory.end == runEnd, memory.failed.lowerBound == end + 1 {
      runs[slot].failed = end..<memory.failed.upperBound
    } else {
      runs[slot].end = runEnd
      runs[slot].failed = end..<end + 1
    }
  }
}

/// A bit for every split at every position of a text; no memory until the first is set.
private struct PositionBits {
  let slotCount: Int
  let textCount: Int
  private var bits: [UInt64] = []

  init(slotCount: Int, textCount: Int) {
    self.slotCount = slotCount
    self.textCount = textCount
  }

  func contains(_ slot: Int, _ at: Int, limit: Int) -> Bool {
    guard !bits.isEmpty else { return false }
    let index = index(slot, at, limit)
    return bits[index >> 6] >> UInt64(index & 63) & 1 != 0
  }

  mutating func insert(_ slot: Int, _ at: Int, limit: Int) {
    if bits.isEmpty { bits = Array(repeating: 0, count: (textCount + 1) * slotCount / 32 + 1) }
    let index = index(slot, at, limit)
    bits[index >> 6] |= 1 << UInt64(index & 63)
  }

  /// The end of one range may be the beginning of the next, which sees other neighbors.
  private func index(_ slot: Int, _ at: Int, _ limit: Int) -> Int {
    (at * 2 + (at == limit ? 1 : 0)) * slotCount + slot
  }
}
