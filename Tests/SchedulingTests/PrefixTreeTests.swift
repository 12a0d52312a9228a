import Core
import Fixtures
import Testing

@testable import Scheduling

@Suite("The tree of kept pages")
struct PrefixTreeTests {
  private static let scope = PrefixScope(policy: .plain(trainedLength: 512))

  private func pages(_ numbers: [UInt32]) -> [PageID] { numbers.map { PageID($0) } }

  /// Pages of 64 equal tokens each.
  private func text(_ pages: [TokenID]) -> [TokenID] { pages.flatMap { Array(repeating: $0, count: Limits.pageSize) } }

  private func found(_ tree: PrefixTree, _ pages: [TokenID], limit: Int = .max) -> [PageID] {
    tree.pages(of: text(pages), limit: limit, in: Self.scope)
  }

  @Test("the longest common beginning is found, page by page, within the limit")
  func finds() {
    var tree = PrefixTree()
    #expect(tree.insert(text([1, 2, 3]), pages: pages([10, 20, 30]), in: Self.scope) == pages([10, 20, 30]))
    #expect(tree.insert(text([1, 2, 4]), pages: pages([11, 21, 40]), in: Self.scope) == pages([40]), "two are known")
    #expect(found(tree, [1, 2, 3, 9]) == pages([10, 20, 30]))
    #expect(found(tree, [1, 2, 4]) == pages([10, 20, 40]))
    #expect(found(tree, [1, 2, 4], limit: 191) == pages([10, 20]))
    #expect(found(tree, [1, 2, 4], limit: -1).isEmpty && found(tree, [2]).isEmpty)
    #expect(tree.pages(of: text([1, 2]) + [3, 3, 3], limit: .max, in: Self.scope) == pages([10, 20]))
    #expect(tree.pageCount == 4)
  }

  @Test("the same page after another one is another beginning, and scopes are apart")
  func apart() {
    var tree = PrefixTree()
    _ = tree.insert(text([1, 1]), pages: pages([1, 2]), in: Self.scope)
    let other = PrefixScope(tenant: Tenant(key: 1), policy: .plain(trainedLength: 512))
    #expect(tree.pages(of: text([1, 1]), limit: .max, in: other).isEmpty)
    #expect(tree.insert(text([1, 1]), pages: pages([3, 4]), in: other) == pages([3, 4]))
    #expect(found(tree, [1, 1]) == pages([1, 2]))
  }

  @Test("what was not used for longest goes first, from its end; what is held is spared while others are enough")
  func evicts() {
    var tree = PrefixTree()
    _ = tree.insert(text([1, 2]), pages: pages([1, 2]), in: Self.scope)
    _ = tree.insert(text([3, 4]), pages: pages([3, 4]), in: Self.scope)
    #expect(tree.use(text([1]), limit: .max, in: Self.scope) == pages([1]))
    #expect(tree.evict(1) { _ in false } == pages([2]), "unused since before page 3 was, though page 1 was not")
    #expect(tree.evict(1) { $0 == PageID(4) } == pages([1]), "page 4 is held, and page 3 before it")
    #expect(tree.evict(1) { $0 == PageID(4) } == pages([4, 3]), "nothing else is left")
    #expect(tree.pageCount == 0 && tree.evict(1) { _ in false }.isEmpty)
    _ = tree.insert(text([1]), pages: pages([7]), in: Self.scope)
    #expect(found(tree, [1]) == pages([7]))
    tree.removeAll()
    #expect(found(tree, [1]).isEmpty)
  }

  /// What `evict` must remove, by its definition: all leaves compared with each other, for each page.
  private struct Model {
    struct Entry {
      let path: [TokenID]
      let page: PageID
      var lastUse: Int
    }
    var entries: [Entry] = []
    var uses = 0

    mutating func use(_ path: [TokenID]) {
      uses += 1
      for index in entries.indices where Array(path.prefix(entries[index].path.count)) == entries[index].path {
        entries[index].lastUse = uses
      }
    }

    mutating func evict(_ count: Int, isHeld: (PageID) -> Bool) -> [PageID] {
      var removed: [PageID] = []
      var freed = 0
      for sparesHeld in [true, false] {
        while freed < count {
          let leaves = entries.filter { leaf in
            !entries.contains { $0.path.count > leaf.path.count && Array($0.path.prefix(leaf.path.count)) == leaf.path }
              && !(sparesHeld && isHeld(leaf.page))
          }
          guard
            let next = leaves.min(by: { ($0.lastUse, $1.path.count) < ($1.lastUse, $0.path.count) })
          else { break }
          entries.removeAll { $0.page == next.page }
          removed.append(next.page)
          freed += isHeld(next.page) ? 0 : 1
        }
      }
      return removed
    }
  }

  @Test("pages go in the order of the definition, whatever was added, used, held and evicted before", arguments: 0..<20)
  func order(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var tree = PrefixTree()
    var model = Model()
    var nextPage: UInt32 = 0
    for _ in 0..<120 {
      let path = (0..<Int.random(in: 1...4, using: &random)).map { _ in TokenID.random(in: 1...3, using: &random) }
      switch Int.random(in: 0..<4, using: &random) {
      case 0, 1:
        let fresh = path.indices.map { PageID(nextPage + UInt32($0)) }
        nextPage += UInt32(path.count)
        for page in tree.insert(text(path), pages: fresh, in: Self.scope) {
          let depth = fresh.firstIndex(of: page) ?? 0
          model.entries.append(.init(path: Array(path.prefix(depth + 1)), page: page, lastUse: 0))
        }
        model.use(path)
      case 2:
        _ = tree.use(text(path), limit: .max, in: Self.scope)
        model.use(path)
      default:
        let held = Set((0..<3).map { _ in PageID(UInt32.random(in: 0...nextPage, using: &random)) })
        let count = Int.random(in: 0...3, using: &random)
        #expect(tree.evict(count) { held.contains($0) } == model.evict(count) { held.contains($0) })
      }
      #expect(Set(tree.pages) == Set(model.entries.map(\.page)))
    }
  }

  @Test("an eviction looks at what it removes, and at little else, however many pages are kept")
  func cost() {
    var tree = PrefixTree()
    let textCount = 5000
    for id in 0..<textCount {
      _ = tree.insert(text([TokenID(id), 1]), pages: pages([UInt32(2 * id), UInt32(2 * id + 1)]), in: Self.scope)
    }
    for _ in 0..<1000 { #expect(tree.evict(1) { _ in false }.count == 1) }
    #expect(tree.examinedCount == 1000)
    // Every text that is left is used: each is looked at once more, not once more at each eviction.
    for id in 500..<textCount { _ = tree.use(text([TokenID(id), 1]), limit: .max, in: Self.scope) }
    for _ in 0..<1000 { _ = tree.evict(1) { _ in false } }
    #expect(tree.examinedCount <= 2000 + (textCount - 500))
    // Held leaves are looked at each time: one a running sequence.
    let before = tree.examinedCount
    let held = Set((0..<4).map { PageID(UInt32(2 * (1000 + $0) + 1)) })
    for _ in 0..<100 { _ = tree.evict(1) { held.contains($0) } }
    #expect(tree.examinedCount - before <= 100 * (1 + held.count))
  }

  @Test("thousands of pages of thousands of tenants leave nothing behind")
  func leavesNothing() {
    var tree = PrefixTree()
    for key in 0..<1000 {
      let scope = PrefixScope(tenant: Tenant(key: key), policy: .plain(trainedLength: 512))
      _ = tree.insert(text([1, 2]), pages: pages([UInt32(2 * key), UInt32(2 * key + 1)]), in: scope)
    }
    #expect(tree.evict(2000) { _ in false }.count == 2000)
    #expect(tree.isEmpty)
  }
}
