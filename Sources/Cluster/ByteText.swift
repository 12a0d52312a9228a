/// A byte count as text: `3.1 GiB`. Rounded up, so that a count named as needed is enough.
package enum ByteText {
  package static func of(_ byteCount: Int) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
    for (name, size) in units where byteCount >= size {
      let whole = byteCount / size
      let tenths = (byteCount % size * 10 + size - 1) / size
      return tenths == 10 ? "\(whole + 1).0 \(name)" : "\(whole).\(tenths) \(name)"
    }
    return "\(byteCount) bytes"
  }
}

extension Int {
  /// Sums and products of byte counts are capped here instead of trapping: more than any memory, with room to add.
  static let hugeByteCount = Int.max >> 2

  func cappedSum(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? Self.hugeByteCount : Swift.min(sum, Self.hugeByteCount)
  }

  func cappedProduct(_ other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? Self.hugeByteCount : Swift.min(product, Self.hugeByteCount)
  }
}
