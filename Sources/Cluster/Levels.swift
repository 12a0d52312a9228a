/// Numbers that differ by no more than measurements do, made one: each takes the least number of its level.
///
/// A level is those of which none is more than `alike` times the one before it.
struct Levels: Hashable {
  /// The least of each level, ascending.
  let least: [Double]

  init(_ numbers: [Double], alike: Double) {
    var least: [Double] = []
    var last = 0.0
    for number in numbers.sorted() {
      if number > last * alike || least.isEmpty { least.append(number) }
      last = number
    }
    self.least = least
  }

  /// The level of one of the numbers.
  func level(of number: Double) -> Double { least.last { $0 <= number } ?? number }
}
