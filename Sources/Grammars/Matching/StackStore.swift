/// Where a rule stands, or where it resumes: a state of the network, the calls of its loop, and the stack below.
struct Item: Hashable, Sendable {
  var state: Network.StateID
  /// Calls of a counted loop; 0 elsewhere.
  var count: Int32 = 0
  var stack: StackStore.StackID

  /// Below the root rule: the text may end.
  static let textEnd = Item(state: -1, stack: 0)
  /// Below a state that is looked at without its stack: any stack may follow.
  static let unknown = Item(state: -2, stack: 0)
}

extension Item: Comparable {
  static func < (a: Item, b: Item) -> Bool { (a.state, a.count, a.stack) < (b.state, b.count, b.stack) }
}

/// Stacks of return items, shared and immutable: equal stacks have equal ids.
///
/// A stack is the *set* of items that may resume when a rule ends, each with the stack below it. All callers of a rule
/// at the same place share one, as in Earley's parser, so that ambiguity costs a set, not a stack for each reading.
struct StackStore {
  typealias StackID = Int32

  /// The stack below the root rule.
  static let bottom: StackID = 0
  /// The stack of which nothing is known.
  static let unknown: StackID = 1

  private var items: [[Item]] = []
  private var ids: [[Item]: StackID] = [:]

  init() {
    _ = id(of: [.textEnd])
    _ = id(of: [.unknown])
  }

  /// The stack of these items, which are in order and differ.
  mutating func id(of resumed: [Item]) -> StackID {
    if let known = ids[resumed] { return known }
    let id = StackID(items.count)
    items.append(resumed)
    ids[resumed] = id
    return id
  }

  subscript(_ id: StackID) -> [Item] { items[Int(id)] }

  var count: Int { items.count }
}
