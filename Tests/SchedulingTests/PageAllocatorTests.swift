import Fixtures
import Core
import Testing

@testable import Scheduling

struct PageAllocatorTests {
  @Test("Pages are allocated all or nothing, and lowest first from a fresh allocator")
  func allOrNothing() throws {
    var allocator = PageAllocator(pageCount: 3)
    #expect(allocator.allocate(2) == [PageID(0), PageID(1)])
    #expect(allocator.allocate(2) == nil)
    #expect(allocator.freeCount == 1)
    #expect(allocator.usedCount == 2)
    #expect(allocator.allocate(0) == [])
    #expect(allocator.allocate(1) == [PageID(2)])
    allocator.release([PageID(0), PageID(2)])
    #expect(allocator.freeCount == 2)
    try allocator.checkIntegrity(held: [PageID(1)])
  }

  @Test("A shared page is free when its last holder has released it")
  func shared() throws {
    var allocator = PageAllocator(pageCount: 2)
    let allocated = allocator.allocate(2)
    let pages = try #require(allocated)
    allocator.share([pages[0]])
    #expect(allocator.holderCount(of: pages[0]) == 2 && allocator.usedCount == 2)
    allocator.release(pages)
    #expect(allocator.freeCount == 1 && allocator.holderCount(of: pages[0]) == 1)
    #expect(allocator.allocate(2) == nil)
    try allocator.checkIntegrity(held: [pages[0]])
    #expect(throws: PageLeak.self) { try allocator.checkIntegrity(held: []) }
    #expect(throws: PageLeak.self) { try allocator.checkIntegrity(held: [pages[0], pages[0]]) }
    allocator.release([pages[0]])
    #expect(allocator.freeCount == 2)
    #expect(allocator.holderCount(of: PageID(2)) == 0, "a page that does not exist has no holder")
  }

  @Test("A page has the holders it was given, and all come back", arguments: 0..<50)
  func random(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var allocator = PageAllocator(pageCount: Int.random(in: 0...40, using: &random))
    var held: [[PageID]] = []
    for _ in 0..<200 {
      let all = Set(held.joined())
      switch Int.random(in: 0..<4, using: &random) {
      case 0, 1:
        if let pages = allocator.allocate(Int.random(in: 0...10, using: &random)) {
          try #require(all.isDisjoint(with: pages), "a page with a holder was allocated")
          held.append(pages)
        }
      case 2 where !held.isEmpty:
        let shared = Array(held[Int.random(in: held.indices, using: &random)].prefix(5))
        allocator.share(shared)
        held.append(shared)
      default:
        if !held.isEmpty { allocator.release(held.remove(at: Int.random(in: held.indices, using: &random))) }
      }
      try allocator.checkIntegrity(held: held.flatMap { $0 })
    }
    for pages in held { allocator.release(pages) }
    #expect(allocator.freeCount == allocator.pageCount)
  }

  @Test("A page released once too often stops the process instead of ending up in two sequences")
  func doubleRelease() async {
    await #expect(processExitsWith: .failure) {
      var allocator = PageAllocator(pageCount: 2)
      let pages = allocator.allocate(1) ?? []
      allocator.release(pages)
      allocator.release(pages)
    }
  }

  @Test("A free page cannot be shared")
  func sharedFree() async {
    await #expect(processExitsWith: .failure) {
      var allocator = PageAllocator(pageCount: 2)
      allocator.share([PageID(1)])
    }
  }
}
