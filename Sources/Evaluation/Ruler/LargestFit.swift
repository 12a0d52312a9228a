/// The largest size whose text has room, by few measurements of a length that grows nearly evenly with the size.
struct LargestFit {
  /// Nil where even the smallest is too long.
  let size: Int?

  /// - Parameter length: of a size. Where it does not grow with every size, the result fits, but is not always the
  ///   largest that does.
  init(sizes: ClosedRange<Int>, room: Int, length: (Int) -> Int) {
    let shortest = length(sizes.lowerBound)
    guard shortest <= room else {
      size = nil
      return
    }
    var (low, lowLength) = (sizes.lowerBound, shortest)
    // The smallest size that is known to be too large.
    var (high, highLength): (Int, Int?) = (sizes.upperBound + 1, nil)
    var slope = 1.0
    var turn = 0
    while high - low > 1 {
      turn += 1
      let guess: Int
      if let highLength, turn % 3 == 0 || highLength <= lowLength {
        guess = low + (high - low) / 2
      } else {
        if let highLength { slope = Double(highLength - lowLength) / Double(high - low) }
        // Without an upper end, steps at most triple, so that a first slope that is wrong costs little.
        let step =
          highLength == nil
          ? min(Double(room - lowLength) / slope, 2.0 * Double(low + 8)) : Double(room - lowLength) / slope
        guess = low + Int(step)
      }
      let tried = min(max(guess, low + 1), high - 1)
      let triedLength = length(tried)
      if triedLength <= room {
        slope = max(1e-3, Double(triedLength - lowLength) / Double(tried - low))
        (low, lowLength) = (tried, triedLength)
      } else {
        (high, highLength) = (tried, triedLength)
      }
    }
    size = low
  }
}
