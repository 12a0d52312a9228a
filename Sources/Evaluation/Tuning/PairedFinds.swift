import Foundation

/// What two policies found of the same questions.
package struct PairedFinds: Hashable, Sendable {
  /// Questions that only the first answered.
  package let firstAlone: Int
  /// Questions that only the second answered.
  package let secondAlone: Int

  package init(firstAlone: Int, secondAlone: Int) { (self.firstAlone, self.secondAlone) = (firstAlone, secondAlone) }

  /// Counts the questions that both have; 1 is found.
  init(_ first: [Double], _ second: [Double]) {
    let pairs = zip(first, second)
    self.init(firstAlone: pairs.count { $0 > $1 }, secondAlone: pairs.count { $0 < $1 })
  }

  /// How often chance alone would divide these questions as unevenly: the exact sign test, from both sides. Questions
  /// that both or neither answered say nothing about it.
  package var chance: Double {
    let count = firstAlone + secondAlone
    // ln n! = lgamma(n + 1); logarithms, since 2^count may be beyond a Double.
    func factorial(_ number: Int) -> Double { lgamma(Double(number + 1)) }
    let all = factorial(count) - Double(count) * log(2)
    var tail = 0.0
    for few in 0...min(firstAlone, secondAlone) { tail += exp(all - factorial(few) - factorial(count - few)) }
    return min(1, 2 * tail)
  }
}
