package import Core

/// The free list of KV pages: integers only, their bytes are on the workers.
///
/// Every id in `0 ..< pageCount` is either free or used. Taking is all or nothing. Cost: O(pages taken or
/// given back).
package struct PageAllocator: Sendable {
  package let pageCount: Int
  /// Last in, first out, so that recently used (warm) pages go round.
  private var freeList: [PageID]
  private var isUsed: [Bool]
  package private(set) var usedCount = 0

  /// - Precondition: `pageCount` is at least 0 and its ids fit `PageID`.
  package init(pageCount: Int) {
    precondition(
      pageCount >= 0 && pageCount <= Int(UInt32.max), "page count \(pageCount) is outside what ids can number"
    )
    self.pageCount = pageCount
    // Descending, so that the first page taken is page 0.
    freeList = (0..<pageCount).reversed().map { PageID(UInt32($0)) }
    isUsed = Array(repeating: false, count: pageCount)
  }

  package var freeCount: Int { freeList.count }

  /// Takes `count` pages; nil, and nothing taken, when fewer are free.
  package mutating func allocate(_ count: Int) -> [PageID]? {
    precondition(count >= 0, "a negative number of pages was asked for")
    guard count <= freeList.count else { return nil }
    let taken = Array(freeList.suffix(count).reversed())
    freeList.removeLast(count)
    for page in taken { isUsed[Int(page.rawValue)] = true }
    usedCount += count
    return taken
  }

  /// Gives pages back.
  /// - Precondition: each of them is in use; a page freed twice would end up in two sequences.
  package mutating func free(_ pages: [PageID]) {
    for page in pages {
      let index = Int(page.rawValue)
      precondition(index < pageCount && isUsed[index], "page \(page.rawValue) was freed but is not in use")
      isUsed[index] = false
    }
    freeList.append(contentsOf: pages)
    usedCount -= pages.count
  }

  /// Recounts from the marks and throws when free + used is not the total.
  package func checkIntegrity() throws(PageLeak) {
    let marked = isUsed.count { $0 }
    guard marked == usedCount, freeList.count + usedCount == pageCount else {
      throw PageLeak(freeCount: freeList.count, usedCount: marked, pageCount: pageCount)
    }
  }
}

/// Pages do not add up: a fault in the accounting, never a user's.
package struct PageLeak: Error, Hashable, Sendable, CustomStringConvertible {
  package let freeCount: Int
  /// Pages that somebody holds, recounted.
  package let usedCount: Int
  package let pageCount: Int

  package var description: String {
    "the page accounting is broken: \(freeCount) free and \(usedCount) used pages are not \(pageCount); "
      + "restart the coordinator and report this"
  }
}
