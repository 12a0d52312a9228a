import Fixtures
import Core
import Testing

@testable import Scheduling

struct PageAllocatorTests {
  @Test("Pages are taken all or nothing, and lowest first from a fresh allocator")
  func allOrNothing() throws {
    var allocator = PageAllocator(pageCount: 3)
    #expect(allocator.allocate(2) == [PageID(0), PageID(1)])
    #expect(allocator.allocate(2) == nil)
    #expect(allocator.freeCount == 1)
    #expect(allocator.usedCount == 2)
    #expect(allocator.allocate(0) == [])
    #expect(allocator.allocate(1) == [PageID(2)])
    allocator.free([PageID(0), PageID(2)])
    #expect(allocator.freeCount == 2)
    try allocator.checkIntegrity()
  }

  @Test("No page is in two hands, and all come back", arguments: 0..<50)
  func random(seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    var allocator = PageAllocator(pageCount: Int.random(in: 0...40, using: &random))
    var held: [[PageID]] = []
    for _ in 0..<200 {
      if Bool.random(using: &random), let pages = allocator.allocate(Int.random(in: 0...10, using: &random)) {
        held.append(pages)
      } else if !held.isEmpty {
        allocator.free(held.remove(at: Int.random(in: held.indices, using: &random)))
      }
      let all = held.flatMap { $0 }
      try #require(Set(all).count == all.count)
      try #require(all.count == allocator.usedCount)
      try allocator.checkIntegrity()
    }
    for pages in held { allocator.free(pages) }
    #expect(allocator.freeCount == allocator.pageCount)
  }

  @Test("A page freed twice stops the process instead of ending up in two sequences")
  func doubleFree() async {
    await #expect(processExitsWith: .failure) {
      var allocator = PageAllocator(pageCount: 2)
      let pages = allocator.allocate(1) ?? []
      allocator.free(pages)
      allocator.free(pages)
    }
  }
}
