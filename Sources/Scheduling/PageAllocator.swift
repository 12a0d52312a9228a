package import Core

/// Counts the holders of each KV page: integers only, the bytes are on the workers.
///
/// Every id in `0 ..< pageCount` is free, or has holders: sequences that read it, and the prefix cache, which keeps it
/// for sequences to come. A page becomes free when its last holder releases it. Allocation is all or nothing. Cost:
/// O(pages named).
package struct PageAllocator: Sendable {
  package let pageCount: Int
  /// Last in, first out, so that recently freed pages, still in the processor's cache, are used first.
  private var freeList: [PageID]
  private var holderCounts: [Int]
  /// Whether one of a page's holders is the prefix cache.
  private var isKept: [Bool]
  /// Pages with a holder.
  package private(set) var usedCount = 0
  /// Pages that the prefix cache alone holds.
  package private(set) var keptCount = 0

  /// - Precondition: `pageCount` is at least 0 and its ids fit `PageID`.
  package init(pageCount: Int) {
    precondition(
      pageCount >= 0 && pageCount <= Int(UInt32.max), "page count \(pageCount) is outside what ids can number"
    )
    self.pageCount = pageCount
    // Descending, so that the first page allocated is page 0.
    freeList = (0..<pageCount).reversed().map { PageID(UInt32($0)) }
    holderCounts = Array(repeating: 0, count: pageCount)
    isKept = Array(repeating: false, count: pageCount)
  }

  package var freeCount: Int { freeList.count }

  /// Allocates `count` pages, with one holder each. Returns nil, and allocates nothing, when fewer are free.
  package mutating func allocate(_ count: Int) -> [PageID]? {
    precondition(count >= 0, "a negative number of pages was asked for")
    guard count <= freeList.count else { return nil }
    let allocated = Array(freeList.suffix(count).reversed())
    freeList.removeLast(count)
    for page in allocated { holderCounts[Int(page.rawValue)] = 1 }
    usedCount += count
    return allocated
  }

  /// Adds a holder to pages that have one: their bytes are shared, and no holder may overwrite them.
  /// - Precondition: each page has a holder.
  package mutating func share(_ pages: [PageID]) {
    for page in pages {
      precondition(holderCount(of: page) > 0, "page \(page.rawValue) was shared but has no holder")
      let index = Int(page.rawValue)
      if holderCounts[index] == 1, isKept[index] { keptCount -= 1 }
      holderCounts[index] += 1
    }
  }

  /// Makes the prefix cache a holder of pages that have one.
  /// - Precondition: each page has a holder, which is not the cache.
  package mutating func keep(_ pages: [PageID]) {
    share(pages)
    for page in pages {
      precondition(!isKept[Int(page.rawValue)], "page \(page.rawValue) was kept twice")
      isKept[Int(page.rawValue)] = true
    }
  }

  /// Takes the prefix cache from the holders of pages.
  /// - Precondition: the cache holds each page.
  package mutating func drop(_ pages: [PageID]) {
    for page in pages {
      let index = Int(page.rawValue)
      precondition(index < pageCount && isKept[index], "page \(page.rawValue) was dropped but is not kept")
      isKept[index] = false
      if holderCounts[index] == 1 { keptCount -= 1 }
    }
    release(pages)
  }

  /// Takes one holder from each page; those that have none left are free.
  /// - Precondition: each page has a holder. A page released once too often would end up in two sequences.
  package mutating func release(_ pages: [PageID]) {
    for page in pages {
      precondition(holderCount(of: page) > 0, "page \(page.rawValue) was released but has no holder")
      let index = Int(page.rawValue)
      holderCounts[index] -= 1
      if holderCounts[index] == 0 {
        freeList.append(page)
        usedCount -= 1
      } else if holderCounts[index] == 1, isKept[index] {
        keptCount += 1
      }
    }
  }

  /// How many hold the page; 0 for one that is free or does not exist.
  package func holderCount(of page: PageID) -> Int {
    let index = Int(page.rawValue)
    return index < pageCount ? holderCounts[index] : 0
  }

  /// Throws unless free and used pages are all there are, and `held` and `kept` name each page as often as it has
  /// holders.
  /// - Parameter kept: the prefix cache's.
  package func checkIntegrity(held: [PageID], kept: [PageID] = []) throws(PageLeak) {
    var counts = Array(repeating: 0, count: pageCount)
    for page in held + kept where Int(page.rawValue) < pageCount { counts[Int(page.rawValue)] += 1 }
    let used = counts.count { $0 > 0 }
    let alone = kept.count { holderCount(of: $0) == 1 }
    guard counts == holderCounts, used == usedCount, freeList.count + used == pageCount, alone == keptCount,
      Set(kept).count == kept.count, kept.count == isKept.count(where: { $0 })
    else {
      throw PageLeak(freeCount: freeList.count, usedCount: used, pageCount: pageCount)
    }
  }
}

/// The pages do not add up: a fault in the accounting, never a user's.
package struct PageLeak: Error, Hashable, Sendable, CustomStringConvertible {
  package let freeCount: Int
  /// Pages that something holds, recounted.
  package let usedCount: Int
  package let pageCount: Int

  package var description: String {
    "the page accounting is broken: \(freeCount) free and \(usedCount) used pages are not \(pageCount), or holders are "
      + "miscounted; restart the coordinator and report this"
  }
}
