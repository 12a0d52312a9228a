/// What makes a drawn network safe to follow.
extension Network {
  /// Who reaches a state, or calls a rule.
  private struct Arrivals {
    /// Sources of edges to each state, with the rule that the edge calls, or none.
    var sources: [[(source: StateID, rule: RuleID?)]]
    /// Calls of each rule: the caller, and where it resumes; a loop resumes nowhere.
    var callers: [[(caller: StateID, target: StateID?)]]
    let ruleOfStart: [StateID: Int]

    init(_ network: Network) {
      sources = Array(repeating: [], count: network.states.count)
      callers = Array(repeating: [], count: network.rules.count)
      ruleOfStart = Dictionary(uniqueKeysWithValues: network.rules.enumerated().map { ($1.start, $0) })
      for (index, state) in zip(StateID(0)..., network.states) {
        for edge in state.bytes { sources[Int(edge.target)].append((index, nil)) }
        for target in state.silent { sources[Int(target)].append((index, nil)) }
        for call in state.calls {
          sources[Int(call.target)].append((index, call.rule))
          callers[Int(call.rule)].append((index, call.target))
        }
        if let loop = state.loop { callers[Int(loop.rule)].append((index, nil)) }
      }
    }
  }

  /// Adds a silent edge beside each call of a rule that may match nothing.
  ///
  /// A rule's start is then never its end: what follows a call reads at least a byte in it.
  mutating func skipNullableCalls() {
    let arrivals = Arrivals(self)
    var silentSources = [[StateID]](repeating: [], count: states.count)
    for (index, state) in zip(StateID(0)..., states) {
      for target in state.silent { silentSources[Int(target)].append(index) }
    }
    // States from which the end of the rule can be reached without reading.
    var isNullable = states.map { $0.isFinal || $0.loop?.minimum == 0 }
    var work = states.indices.filter { isNullable[$0] }.map { StateID($0) }
    func mark(_ state: StateID) {
      guard !isNullable[Int(state)] else { return }
      isNullable[Int(state)] = true
      work.append(state)
    }
    while let state = work.popLast() {
      silentSources[Int(state)].forEach(mark)
      guard let rule = arrivals.ruleOfStart[state] else { continue }
      for (caller, target) in arrivals.callers[rule] {
        guard let target else {
          states[Int(caller)].loop?.minimum = 0
          mark(caller)
          continue
        }
        states[Int(caller)].silent.append(target)
        silentSources[Int(target)].append(caller)
        if isNullable[Int(target)] { mark(caller) }
      }
    }
  }

  /// Drops every edge that does not lead to the end of its rule by bytes that are covered.
  mutating func keepProductive(_ coveredBytes: Set<UInt8>) {
    for index in states.indices {
      states[index].bytes = states[index].bytes.flatMap { edge in
        Self.covered(edge.bytes, by: coveredBytes).map { ByteEdge(bytes: $0, target: edge.target) }
      }
    }
    let isProductive = productiveStates()
    func isProductiveRule(_ rule: RuleID) -> Bool { isProductive[Int(rules[Int(rule)].start)] }
    for index in states.indices {
      states[index].bytes.removeAll { !isProductive[Int($0.target)] }
      states[index].silent.removeAll { !isProductive[Int($0)] }
      states[index].calls.removeAll { !isProductive[Int($0.target)] || !isProductiveRule($0.rule) }
      if let loop = states[index].loop, !isProductiveRule(loop.rule) {
        states[index].loop = nil
        states[index].isFinal = loop.minimum == 0
      }
    }
  }

  private static func covered(_ range: ClosedRange<UInt8>, by bytes: Set<UInt8>) -> [ClosedRange<UInt8>] {
    if bytes.count == 256 { return [range] }
    return range.filter(bytes.contains).reduce(into: []) { parts, byte in
      if let last = parts.last, last.upperBound + 1 == byte {
        parts[parts.count - 1] = last.lowerBound...byte
      } else {
        parts.append(byte...byte)
      }
    }
  }

  /// Of each state, whether it can reach the end of its rule.
  private func productiveStates() -> [Bool] {
    let arrivals = Arrivals(self)
    var isProductive = states.map { $0.isFinal || $0.loop?.minimum == 0 }
    var work = states.indices.filter { isProductive[$0] }.map { StateID($0) }
    func mark(_ state: StateID) {
      guard !isProductive[Int(state)] else { return }
      isProductive[Int(state)] = true
      work.append(state)
    }
    while let state = work.popLast() {
      for (source, rule) in arrivals.sources[Int(state)] {
        if rule.map({ isProductive[Int(rules[Int($0)].start)] }) ?? true { mark(source) }
      }
      guard let rule = arrivals.ruleOfStart[state] else { continue }
      for (caller, target) in arrivals.callers[rule] where target.map({ isProductive[Int($0)] }) ?? true {
        mark(caller)
      }
    }
    return isProductive
  }
}
