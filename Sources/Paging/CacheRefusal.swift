package import Core

/// Why an entry does not continue its sequence's cache.
package enum CacheRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  case position(expected: Int, given: Int)
  case pages(needed: Int, given: Int)
  case neighborPages(needed: Int, given: Int)
  case pageOutOfRange(PageID, pageCount: Int)

  /// Checks that a store of `pageCount` pages has all of these; nil when it does.
  package static func ofPages(_ pages: [PageID], pageCount: Int) -> CacheRefusal? {
    for page in pages where page.rawValue >= UInt32(clamping: pageCount) {
      return .pageOutOfRange(page, pageCount: pageCount)
    }
    return nil
  }

  package var description: String {
    switch self {
    case .position(let expected, let given): "starts at position \(given) where the cache holds \(expected) tokens"
    case .pages(let needed, let given): "has \(given) pages where its tokens need \(needed)"
    case .neighborPages(let needed, let given): "has \(given) neighbor pages where its policy and chunk need \(needed)"
    case .pageOutOfRange(let page, let count): "names page \(page.rawValue) of a store of \(count)"
    }
  }
}
