/// Numbers between bounds, as graphs of their digits. Written without exponent.
struct NumberRange {
  /// Digits that every double keeps apart: a number of as many lies where its digits say.
  static let digitCount = 15
  static let largestDivisor = 1000

  /// Formats that speak of numbers, with their bounds.
  static let formats: [String: ClosedRange<DecimalNumber>] = [
    "int8": bounds(-128, 127), "int16": bounds(-32768, 32767), "int32": bounds(-2_147_483_648, 2_147_483_647),
    "uint8": bounds(0, 255), "uint16": bounds(0, 65535), "uint32": bounds(0, 4_294_967_295),
    // What is generated has 15 digits at most.
    "int64": bounds(-999_999_999_999_999, 999_999_999_999_999), "uint64": bounds(0, 999_999_999_999_999),
    "uint": bounds(0, 999_999_999_999_999),
  ]
  /// Those that every number has.
  private static let freeFormats: Set<String> = ["float", "double", "decimal"]

  static func isFormat(_ name: String) -> Bool { formats[name] != nil || freeFormats.contains(name) }

  private static func bounds(_ minimum: Int, _ maximum: Int) -> ClosedRange<DecimalNumber> {
    DecimalNumber(minimum)...DecimalNumber(maximum)
  }

  var minimum: SchemaShape.Bound?
  var maximum: SchemaShape.Bound?
  let allowsFraction: Bool
  /// The number is a multiple of it. Only integers have another than 1.
  let divisor: Int

  /// Numbers of one sign, by their magnitude.
  private struct Magnitudes {
    var low = SchemaShape.Bound(value: .zero, isExclusive: false)
    var high: SchemaShape.Bound?
  }

  /// No number when there is none between the bounds.
  var expression: Expression {
    var choices: [Expression] = []
    var positive = Magnitudes(high: maximum)
    if let minimum, !minimum.value.isNegative { positive.low = minimum }
    if !(maximum?.value.isNegative ?? false) { choices.append(.graph(graph(positive))) }
    if minimum?.value.isNegative ?? true {
      var negative = Magnitudes(low: SchemaShape.Bound(value: .zero, isExclusive: true))
      negative.high = minimum.map { SchemaShape.Bound(value: $0.value.negated, isExclusive: $0.isExclusive) }
      if let maximum, maximum.value.isNegative {
        negative.low = SchemaShape.Bound(value: maximum.value.negated, isExclusive: maximum.isExclusive)
      }
      choices.append(.sequence([.text("-"), .graph(graph(negative))]))
    }
    return .choice(choices)
  }

  /// Where a number stands that is read digit by digit.
  private struct State: Hashable {
    /// Digits before the point that are still to come.
    var wholeLeft: Int
    /// Digits behind the point that were read, and how many may be.
    var fractionRead = 0
    var fractionLeft: Int
    /// Whether the digits are the bound's so far.
    var isAtLow: Bool
    var isAtHigh: Bool
    var remainder = 0
    var isFirst = true
    var isBehindPoint = false
  }

  private func graph(_ range: Magnitudes) -> ExpressionGraph {
    let low = range.low.value.whole.isEmpty ? [0] : range.low.value.whole
    let high = range.high.map { $0.value.whole.isEmpty ? [0] : $0.value.whole }
    var graph = ExpressionGraph()
    var ids: [State: Int] = [:]
    var pending: [State] = []
    func id(_ state: State) -> Int {
      if let known = ids[state] { return known }
      ids[state] = graph.addState()
      pending.append(state)
      return ids[state] ?? 0
    }
    let longest = high?.count ?? max(Self.digitCount, low.count)
    for count in low.count...max(low.count, longest) where count <= longest {
      let state = State(
        wholeLeft: count, fractionLeft: allowsFraction ? max(0, Self.digitCount - count) : 0,
        isAtLow: count == low.count, isAtHigh: count == high?.count)
      graph.connect(0, .empty, id(state))
    }
    while let state = pending.popLast() {
      let from = id(state)
      if canEnd(state, range) { graph.finals.insert(from) }
      if state.wholeLeft == 0, !state.isBehindPoint, state.fractionLeft > 0 {
        var next = state
        next.isBehindPoint = true
        graph.connect(from, .text("."), id(next))
        continue
      }
      for (digits, next) in moves(state, range, low: low, high: high) {
        graph.connect(from, .scalars(ScalarSet(digits.map { UInt32($0) + 0x30...UInt32($0) + 0x30 })), id(next))
      }
    }
    return graph
  }

  private func canEnd(_ state: State, _ range: Magnitudes) -> Bool {
    guard state.wholeLeft == 0, state.isBehindPoint == (state.fractionRead > 0), state.remainder == 0 else {
      return false
    }
    let isLow = state.isAtLow && (state.fractionRead < range.low.value.fraction.count || range.low.isExclusive)
    guard let high = range.high else { return !isLow }
    return !isLow && !(state.isAtHigh && state.fractionRead >= high.value.fraction.count && high.isExclusive)
  }

  /// The digits that may come next, and where they lead.
  private func moves(
    _ state: State, _ range: Magnitudes, low: [UInt8], high: [UInt8]?
  ) -> [(digits: [UInt8], next: State)] {
    func digit(_ whole: [UInt8], _ fraction: [UInt8]) -> UInt8 {
      if state.wholeLeft > 0 { return whole[whole.count - state.wholeLeft] }
      return state.fractionRead < fraction.count ? fraction[state.fractionRead] : 0
    }
    guard state.wholeLeft > 0 || state.isBehindPoint && state.fractionLeft > 0 else { return [] }
    let smallest: UInt8 = state.isFirst && state.wholeLeft > 1 ? 1 : 0
    let from = state.isAtLow ? max(smallest, digit(low, range.low.value.fraction)) : smallest
    let to = state.isAtHigh ? digit(high ?? [], range.high?.value.fraction ?? []) : 9
    guard from <= to else { return [] }
    var moves: [(digits: [UInt8], next: State)] = []
    for digit in from...to {
      var next = state
      next.isFirst = false
      next.isAtLow = state.isAtLow && digit == from && digit == lowDigit(state, range, low)
      next.isAtHigh = state.isAtHigh && digit == to
      if divisor > 1 { next.remainder = (state.remainder * 10 + Int(digit)) % divisor }
      if state.wholeLeft > 0 {
        next.wholeLeft -= 1
      } else {
        next.fractionRead += 1
        next.fractionLeft -= 1
      }
      if let index = moves.firstIndex(where: { $0.next == next }) {
        moves[index].digits.append(digit)
      } else {
        moves.append(([digit], next))
      }
    }
    return moves
  }

  private func lowDigit(_ state: State, _ range: Magnitudes, _ low: [UInt8]) -> UInt8 {
    if state.wholeLeft > 0 { return low[low.count - state.wholeLeft] }
    let fraction = range.low.value.fraction
    return state.fractionRead < fraction.count ? fraction[state.fractionRead] : 0
  }
}
