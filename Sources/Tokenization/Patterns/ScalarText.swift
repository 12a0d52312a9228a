/// A piece of text as Unicode scalars with their classes, for pre-tokenizers.
struct ScalarText {
  private(set) var scalars: [UInt32] = []
  private(set) var classes: [ScalarClass] = []

  /// - Parameter bytes: valid UTF-8.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    scalars.reserveCapacity(bytes.count)
    classes.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      let (scalar, length) = ScalarText.scalar(in: bytes, at: at)
      scalars.append(scalar)
      classes.append(ScalarClass.of(scalar))
      at += length
    }
  }

  var count: Int { scalars.count }

  /// Calls `body` with what is valid only meanwhile.
  func withView<Result>(_ body: (ScalarView) -> Result) -> Result {
    scalars.withUnsafeBufferPointer { scalars in
      classes.withUnsafeBufferPointer { classes in body(ScalarView(scalars: scalars, classes: classes)) }
    }
  }

  /// Bytes of a scalar in UTF-8.
  @inline(__always)
  static func byteCount(of scalar: UInt32) -> Int {
    scalar < 0x80 ? 1 : scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
  }

  /// The scalar at an index and its length in bytes. Assumes valid UTF-8, but checks bounds.
  @inline(__always)
  static func scalar(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (UInt32, Int) {
    let first = UInt32(bytes[index])
    if first < 0x80 { return (first, 1) }
    let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    guard index + length <= bytes.count else { return (0xFFFD, bytes.count - index) }
    var scalar = first & (0x7F >> UInt32(length))
    for offset in 1..<length { scalar = scalar << 6 | UInt32(bytes[index + offset] & 0x3F) }
    return (scalar, length)
  }
}

/// A text's scalars and classes where they lie: no access counts references.
struct ScalarView {
  let scalars: UnsafeBufferPointer<UInt32>
  let classes: UnsafeBufferPointer<ScalarClass>

  var count: Int { scalars.count }
}
