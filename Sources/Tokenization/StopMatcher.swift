/// Finds stop strings in a stream of text and holds back a possible start of one.
///
/// The stop string that ends first wins, the longest of several. The result does not depend on how the text is split
/// over calls. Costs at most two table lookups a byte on average (Aho-Corasick), for any number of stop strings.
package struct StopMatcher: Sendable {
  /// The output of a call.
  package struct Output: Hashable, Sendable {
    package var text: String
    /// The stop string found; `text` ends before it.
    package var matched: String?

    package init(text: String, matched: String?) {
      self.text = text
      self.matched = matched
    }
  }

  private let stops: [String]
  /// (state, byte) to state, for transitions that do not lead to the root.
  private var edges = PairTable()
  /// Length in bytes of the prefix of a stop string that a state represents.
  private var depths = [0]
  /// State of the longest proper suffix that is also a prefix.
  private var fallbacks = [0]
  /// Longest stop string that ends in a state, or -1.
  private var endings = [-1]
  private var state = 0
  private var held: [UInt8] = []
  private var hasMatched = false

  /// - Parameter stops: any number; empty ones are ignored. Matched byte for byte, without normalization.
  package init(_ stops: [String]) {
    self.stops = stops.filter { !$0.isEmpty }
    for (index, stop) in self.stops.enumerated() { insert(Array(stop.utf8), index) }
    link()
  }

  /// Adds text; returns text that cannot be part of a stop string. After a match it discards everything.
  package mutating func append(_ text: String) -> Output {
    if hasMatched { return Output(text: "", matched: nil) }
    if stops.isEmpty { return Output(text: text, matched: nil) }
    for byte in text.utf8 {
      held.append(byte)
      state = next(state, byte)
      if endings[state] >= 0 {
        let stop = stops[endings[state]]
        hasMatched = true
        defer { held = [] }
        return Output(text: String(decoding: held.dropLast(stop.utf8.count), as: UTF8.self), matched: stop)
      }
    }
    let safe = held.count - depths[state]
    defer { held.removeFirst(safe) }
    return Output(text: String(decoding: held[..<safe], as: UTF8.self), matched: nil)
  }

  /// The text held back, at the end of a stream without a match.
  package mutating func finish() -> String {
    defer { (held, state) = ([], 0) }
    return String(decoding: held, as: UTF8.self)
  }

  private mutating func insert(_ stop: [UInt8], _ index: Int) {
    var at = 0
    for byte in stop {
      let key = PairTable.key(Int32(at), Int32(byte))
      let found = edges.value(for: key)
      if found == PairTable.absent {
        edges.insert(key, UInt64(depths.count))
        children.append((at, byte))
        depths.append(depths[at] + 1)
        fallbacks.append(0)
        endings.append(-1)
        at = depths.count - 1
      } else {
        at = Int(found)
      }
    }
    endings[at] = index
  }

  /// Parent and byte of every state but the root, needed only while linking.
  private var children: [(parent: Int, byte: UInt8)] = []

  /// Parents come before their children in order of depth, so one pass over states by depth links all.
  private mutating func link() {
    let byDepth = depths.indices.dropFirst().sorted { depths[$0] < depths[$1] }
    for node in byDepth {
      let (parent, byte) = children[node - 1]
      fallbacks[node] = parent == 0 ? 0 : next(fallbacks[parent], byte)
      if endings[node] < 0 { endings[node] = endings[fallbacks[node]] }
    }
    children = []
  }

  private func next(_ state: Int, _ byte: UInt8) -> Int {
    var at = state
    while true {
      let found = edges.value(for: PairTable.key(Int32(at), Int32(byte)))
      if found != PairTable.absent { return Int(found) }
      if at == 0 { return 0 }
      at = fallbacks[at]
    }
  }
}
