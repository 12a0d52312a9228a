extension Network {
  /// The rules that a rule may call before it reads a byte, its loop's included.
  private func firstCalls(of rule: Int) -> [RuleID] {
    var called: Set<RuleID> = []
    var seen: Set<StateID> = [rules[rule].start]
    var work = [rules[rule].start]
    while let id = work.popLast() {
      let state = states[Int(id)]
      called.formUnion(state.calls.map(\.rule))
      if let loop = state.loop { called.insert(loop.rule) }
      for target in state.silent where seen.insert(target).inserted { work.append(target) }
    }
    return called.sorted()
  }

  /// Ranks every rule below those that it calls before it reads a byte.
  /// - Throws: `GrammarError` when a rule calls itself so.
  mutating func rankRules() throws(GrammarError) {
    let calls = rules.indices.map { firstCalls(of: $0) }
    var callerCounts = [Int](repeating: 0, count: rules.count)
    for called in calls.joined() { callerCounts[Int(called)] += 1 }
    var ready = rules.indices.filter { callerCounts[$0] == 0 }
    var rank: Int32 = 0
    while let rule = ready.popLast() {
      rules[rule].rank = rank
      rank += 1
      for called in calls[rule] {
        callerCounts[Int(called)] -= 1
        if callerCounts[Int(called)] == 0 { ready.append(Int(called)) }
      }
    }
    guard rank == rules.count else {
      let names = rules.indices.filter { callerCounts[$0] > 0 }.map { rules[$0].name }
      throw GrammarError(
        "left recursion: among \(names.prefix(4).joined(separator: ", ")) a rule calls itself before it reads a"
          + " character; write it as a repetition")
    }
  }

  /// Says of each state whether its rule can end there, and go on there.
  mutating func markStates() {
    var sources = [[Int]](repeating: [], count: states.count)
    for (index, state) in states.enumerated() {
      for target in state.silent { sources[Int(target)].append(index) }
    }
    func reaching(_ isGoal: (State) -> Bool) -> [Bool] {
      var marks = states.map(isGoal)
      var work = marks.indices.filter { marks[$0] }
      while let state = work.popLast() {
        for source in sources[state] where !marks[source] {
          marks[source] = true
          work.append(source)
        }
      }
      return marks
    }
    let finals = reaching { $0.isFinal }
    let proceeding = reaching { !$0.bytes.isEmpty || !$0.calls.isEmpty || $0.loop != nil }
    for index in states.indices {
      states[index].isFinal = finals[index]
      states[index].proceeds = proceeding[index]
    }
  }

  /// Puts bytes that all edges treat alike into one class.
  mutating func divideBytes() {
    var isFirst = [Bool](repeating: false, count: 257)
    for edge in states.lazy.flatMap(\.bytes) {
      isFirst[Int(edge.bytes.lowerBound)] = true
      isFirst[Int(edge.bytes.upperBound) + 1] = true
    }
    classBytes = [0]
    for byte in 1..<256 {
      if isFirst[byte] { classBytes.append(UInt8(byte)) }
      byteClasses[byte] = UInt8(classBytes.count - 1)
    }
  }
}
