/// The vector of a text, as clients want it.
struct Embedding: Hashable, Sendable {
  private(set) var numbers: [Float]

  /// How long a vector is made.
  enum Length: Hashable, Sendable {
    /// 1 by Euclid.
    case unit
    /// As the model gives it.
    case own
  }

  /// - Parameters:
  ///   - dimensions: numbers that are kept, from the first on; nil keeps all.
  ///   - length: a vector of nothing but zeros stays as it is.
  init(_ row: [Float], dimensions: Int? = nil, length: Length = .unit) {
    numbers = Array(row.prefix(dimensions ?? row.count))
    guard length == .unit else { return }
    let norm = numbers.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    if norm > 0 { numbers = numbers.map { Float(Double($0) / norm) } }
  }

  /// The cosine of the angle to another vector of unit length.
  func cosine(_ other: Embedding) -> Double {
    zip(numbers, other.numbers).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// The numbers as 32-bit floats, lowest byte first.
  var bytes: [UInt8] {
    numbers.flatMap { number in
      let bits = number.bitPattern
      return [UInt8(bits & 255), UInt8(bits >> 8 & 255), UInt8(bits >> 16 & 255), UInt8(bits >> 24)]
    }
  }
}
