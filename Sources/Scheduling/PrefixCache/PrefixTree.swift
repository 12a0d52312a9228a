import Core

/// Full pages that were computed for sequences, kept for those to come that begin alike: a radix tree whose edges are
/// the tokens of a page.
///
/// A node has one page, and stands for all tokens from the first one to that page's last. Pages filled in part are
/// never here: what follows their last token would be written into them. The tree knows no holders of pages; its owner
/// holds each page as long as it is here.
///
/// A value: integers only. A look-up hashes each token once.
struct PrefixTree: Sendable {
  private struct Edge: Hashable, Sendable {
    let parent: Int
    let tokens: ArraySlice<TokenID>
  }

  private struct Node: Sendable {
    let edge: Edge
    let page: PageID
    let depth: Int
    var childCount = 0
    /// Never after its parent's: using a node uses those above it.
    var lastUse: UInt64
    /// Whether `queue` has it.
    var isQueued = false
  }

  /// A node with no children, or one that had none. It comes before those that were used later; children come before
  /// their parents.
  private struct Leaf: Comparable, Sendable {
    let lastUse: UInt64
    let depth: Int
    let number: Int

    static func < (left: Leaf, right: Leaf) -> Bool {
      (left.lastUse, right.depth) < (right.lastUse, left.depth)
    }
  }

  private var nodes: [Int: Node] = [:]
  private var children: [Edge: Int] = [:]
  /// The parents of first pages, which are no nodes themselves.
  private var roots: [PrefixScope: Int] = [:]
  private var scopes: [Int: (scope: PrefixScope, childCount: Int)] = [:]
  /// Numbers of nodes and roots are never given twice.
  private var nextNumber = 0
  private var uses: UInt64 = 0
  /// Every leaf, once, by a use of it that may not be its last: `nextLeaf` corrects what comes out. So using a node
  /// costs the queue nothing.
  private var queue = PriorityQueue<Leaf>()
  /// How often evictions took something out of the queue: what they cost.
  private(set) var examinedCount = 0

  var pageCount: Int { nodes.count }
  /// Nothing of any scope is left.
  var isEmpty: Bool {
    nodes.isEmpty && children.isEmpty && roots.isEmpty && scopes.isEmpty && queue.isEmpty
  }
  var pages: [PageID] { nodes.values.map(\.page) }

  /// The pages of the longest kept beginning of `tokens`, at most `limit` tokens of it, in order.
  func pages(of tokens: [TokenID], limit: Int, in scope: PrefixScope) -> [PageID] {
    path(of: tokens, limit: limit, in: scope).compactMap { nodes[$0]?.page }
  }

  /// The same pages, which count as used now.
  mutating func use(_ tokens: [TokenID], limit: Int, in scope: PrefixScope) -> [PageID] {
    uses += 1
    return path(of: tokens, limit: limit, in: scope).compactMap { number in
      nodes[number]?.lastUse = uses
      return nodes[number]?.page
    }
  }

  /// Adds the pages of computed tokens. Where equal tokens have a page already, that one stays.
  /// - Parameters:
  ///   - tokens: all of the pages', in order.
  ///   - pages: one for `Limits.pageSize` tokens each; full.
  /// - Returns: those of the pages that are here now and were not.
  mutating func insert(_ tokens: [TokenID], pages: [PageID], in scope: PrefixScope) -> [PageID] {
    guard !pages.isEmpty else { return [] }
    uses += 1
    var added: [PageID] = []
    var parent = root(of: scope)
    for (depth, page) in pages.enumerated() {
      var edge = Edge(parent: parent, tokens: Self.tokens(tokens, ofPage: depth))
      if let known = children[edge] {
        nodes[known]?.lastUse = uses
        parent = known
        continue
      }
      let number = newNumber()
      // Without the rest of the sequence's tokens.
      edge = Edge(parent: parent, tokens: ArraySlice(Array(edge.tokens)))
      children[edge] = number
      nodes[number] = Node(edge: edge, page: page, depth: depth, lastUse: uses)
      nodes[parent]?.childCount += 1
      scopes[parent]?.childCount += 1
      added.append(page)
      parent = number
    }
    enqueueLeaf(parent)
    return added
  }

  /// Removes what was not used for longest, until `count` pages are removed that nothing else holds. Pages that are
  /// held are spared while others are enough: removing them frees nothing.
  ///
  /// Costs O(log pages) for each removed page, each use since it was last looked at, and each held leaf that was not
  /// used for longer: a sequence holds one leaf at most.
  /// - Returns: the removed pages.
  mutating func evict(_ count: Int, isHeld: (PageID) -> Bool) -> [PageID] {
    var removed: [PageID] = []
    var freedCount = 0
    var held: [Leaf] = []
    while freedCount < count, let leaf = nextLeaf(), let page = nodes[leaf.number]?.page {
      if isHeld(page) {
        held.append(leaf)
      } else {
        remove(leaf.number)
        removed.append(page)
        freedCount += 1
      }
    }
    for leaf in held { enqueueLeaf(leaf.number) }
    // Held ones are all that is left, and what is before them.
    while freedCount < count, let leaf = nextLeaf(), let page = nodes[leaf.number]?.page {
      remove(leaf.number)
      removed.append(page)
      freedCount += isHeld(page) ? 0 : 1
    }
    return removed
  }

  mutating func removeAll() {
    (nodes, children, roots, scopes) = ([:], [:], [:], [:])
    queue = PriorityQueue()
  }

  /// Takes the leaf that was not used for longest out of the queue.
  private mutating func nextLeaf() -> Leaf? {
    while let queued = queue.popLeast() {
      examinedCount += 1
      nodes[queued.number]?.isQueued = false
      guard let node = nodes[queued.number], node.childCount == 0 else { continue }
      if node.lastUse == queued.lastUse { return queued }
      enqueueLeaf(queued.number)
    }
    return nil
  }

  private mutating func enqueueLeaf(_ number: Int) {
    guard let node = nodes[number], node.childCount == 0, !node.isQueued else { return }
    nodes[number]?.isQueued = true
    queue.insert(Leaf(lastUse: node.lastUse, depth: node.depth, number: number))
  }

  private mutating func remove(_ number: Int) {
    guard let node = nodes.removeValue(forKey: number) else { return }
    children[node.edge] = nil
    nodes[node.edge.parent]?.childCount -= 1
    enqueueLeaf(node.edge.parent)
    scopes[node.edge.parent]?.childCount -= 1
    if let empty = scopes[node.edge.parent], empty.childCount == 0 {
      scopes[node.edge.parent] = nil
      roots[empty.scope] = nil
    }
  }

  private mutating func root(of scope: PrefixScope) -> Int {
    if let known = roots[scope] { return known }
    let number = newNumber()
    roots[scope] = number
    scopes[number] = (scope, 0)
    return number
  }

  private func path(of tokens: [TokenID], limit: Int, in scope: PrefixScope) -> [Int] {
    guard var parent = roots[scope] else { return [] }
    var path: [Int] = []
    for page in 0..<max(0, min(limit, tokens.count)) / Limits.pageSize {
      guard let child = children[Edge(parent: parent, tokens: Self.tokens(tokens, ofPage: page))] else { break }
      path.append(child)
      parent = child
    }
    return path
  }

  private mutating func newNumber() -> Int {
    defer { nextNumber += 1 }
    return nextNumber
  }

  private static func tokens(_ tokens: [TokenID], ofPage page: Int) -> ArraySlice<TokenID> {
    tokens[page * Limits.pageSize..<(page + 1) * Limits.pageSize]
  }
}
