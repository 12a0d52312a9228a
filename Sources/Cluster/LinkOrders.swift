/// Orders of workers that are worth planning for where their links are unequal.
///
/// Up to `allOrders` workers these are all orders, so that the best order and split are found together. Up to
/// `exactOrders` workers they are, for each rate that the slowest link may have, the order of least cost over the links
/// that are as fast: an exact search by a dynamic program over sets of workers (Held and Karp, 1962). More workers are
/// ordered from each end by the nearest next one and improved by turning runs around (2-opt), which need not be the
/// best. A function of its values alone; ties fall to the earliest.
struct LinkOrders {
  static let allOrders = 5
  static let exactOrders = 10

  /// Of a link between two workers, by index; and of the way back from the last to the first.
  private let costs: [[Double]]
  private let rates: [[Double]]
  private let backs: [[Double]]
  private let count: Int

  /// - Parameters:
  ///   - workers: names, in the order that is given.
  ///   - cost: what a link costs that a pipeline has.
  ///   - back: what the way back over it costs.
  init(workers: [String], links: WorkerLinks, cost: (WorkerLink) -> Double, back: (WorkerLink) -> Double) {
    func table(_ value: (WorkerLink) -> Double) -> [[Double]] {
      workers.map { a in workers.map { a == $0 ? 0 : value(links[a, $0]) } }
    }
    costs = table(cost)
    rates = table(\.bytesPerSecond)
    backs = table(back)
    count = workers.count
  }

  /// Indices of the workers, in orders without duplicates; the given order is first.
  func candidates() -> [[Int]] {
    let given = Array(0..<count)
    guard count > 2 else { return count == 2 ? [given, [1, 0]] : [given] }
    guard count > Self.allOrders else { return Self.permutations(given) }
    let found = Set(rates.indices.flatMap { a in rates[a][..<a] }).sorted().compactMap {
      count > Self.exactOrders ? improved(atLeast: $0) : best(atLeast: $0)
    }
    return found.reduce(into: [given]) { orders, next in
      for order in [next, next.reversed()] where !orders.contains(order) { orders.append(order) }
    }
  }

  private static func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in permutations(items.filter { $0 != first }).map { [first] + $0 } }
  }

  // MARK: Exact

  /// The order of least cost over links of at least this rate; nil when they join no order.
  private func best(atLeast rate: Double) -> [Int]? {
    var best: (cost: Double, order: [Int])?
    for first in 0..<count {
      let found = path(from: first, atLeast: rate)
      if let found, found.cost < best?.cost ?? .infinity { best = found }
    }
    return best?.order
  }

  /// The order of least cost that begins with a worker. `least[set][last]`: over the workers of a set, bit by bit,
  /// which holds `first`, that ends with `last`.
  private func path(from first: Int, atLeast rate: Double) -> (cost: Double, order: [Int])? {
    let all = 1 << count
    var least = [[Double]](repeating: [Double](repeating: .infinity, count: count), count: all)
    var before = [[Int]](repeating: [Int](repeating: first, count: count), count: all)
    least[1 << first][first] = 0
    for set in 0..<all where set & (1 << first) != 0 {
      for last in 0..<count where least[set][last] < .infinity {
        for next in 0..<count where set & (1 << next) == 0 && rates[last][next] >= rate {
          let cost = least[set][last] + costs[last][next]
          if cost < least[set | 1 << next][next] {
            least[set | 1 << next][next] = cost
            before[set | 1 << next][next] = last
          }
        }
      }
    }
    func total(_ last: Int) -> Double { least[all - 1][last] + backs[last][first] }
    guard var last = (0..<count).min(by: { total($0) < total($1) }), total(last) < .infinity else { return nil }
    let cost = total(last)
    var (set, order) = (all - 1, [Int]())
    while order.count < count {
      order.append(last)
      (set, last) = (set & ~(1 << last), before[set][last])
    }
    return (cost, order.reversed())
  }

  // MARK: Many workers

  /// Slow links count before costs do.
  private struct Cost: Comparable {
    var slowLinkCount = 0
    var sum = 0.0

    static func < (a: Cost, b: Cost) -> Bool { (a.slowLinkCount, a.sum) < (b.slowLinkCount, b.sum) }
  }

  private func cost(of order: [Int], atLeast rate: Double) -> Cost {
    zip(order, order.dropFirst()).reduce(into: Cost(sum: backs[order[count - 1]][order[0]])) { cost, link in
      cost.slowLinkCount += rates[link.0][link.1] < rate ? 1 : 0
      cost.sum += costs[link.0][link.1]
    }
  }

  /// - Returns: nil where it has slower links all the same.
  private func improved(atLeast rate: Double) -> [Int]? {
    let begun = (0..<count).map { nearest(from: $0, atLeast: rate) }
    var order =
      begun.min { cost(of: $0, atLeast: rate) < cost(of: $1, atLeast: rate) } ?? Array(0..<count)
    var least = cost(of: order, atLeast: rate)
    var improves = true
    while improves {
      improves = false
      for lower in 0..<count - 1 {
        for upper in lower + 1..<count {
          var turned = order
          turned[lower...upper].reverse()
          let cost = cost(of: turned, atLeast: rate)
          if cost < least { (order, least, improves) = (turned, cost, true) }
        }
      }
    }
    return least.slowLinkCount == 0 ? order : nil
  }

  private func nearest(from first: Int, atLeast rate: Double) -> [Int] {
    var order = [first]
    while let last = order.last, order.count < count {
      let next = (0..<count).filter { !order.contains($0) }.min { a, b in
        (rates[last][a] < rate ? 1 : 0, costs[last][a]) < (rates[last][b] < rate ? 1 : 0, costs[last][b])
      }
      guard let next else { break }
      order.append(next)
    }
    return order
  }
}
