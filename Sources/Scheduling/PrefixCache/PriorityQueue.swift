/// A binary heap: the least element comes out first. Inserting and taking out cost O(log count) comparisons.
struct PriorityQueue<Element: Comparable> {
  /// Neither of an element's two children, at 2 i + 1 and 2 i + 2, is less than it.
  private var heap: [Element] = []

  var isEmpty: Bool { heap.isEmpty }

  mutating func insert(_ element: Element) {
    heap.append(element)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Takes out the least element; nil when there is none.
  mutating func popLeast() -> Element? {
    guard let last = heap.popLast() else { return nil }
    guard let least = heap.first else { return last }
    heap[0] = last
    var parent = 0
    while let child = lesserChild(of: parent), heap[child] < heap[parent] {
      heap.swapAt(child, parent)
      parent = child
    }
    return least
  }

  private func lesserChild(of parent: Int) -> Int? {
    let (left, right) = (2 * parent + 1, 2 * parent + 2)
    guard left < heap.count else { return nil }
    return right < heap.count && heap[right] < heap[left] ? right : left
  }
}

extension PriorityQueue: Sendable where Element: Sendable {}
