import Tensors

extension Checkpoint {
  /// 32 hexadecimal digits that distinguish files of one model from those of another: FNV-1a (128 bits) over every
  /// file's header and size. The same on every machine and for every file name.
  ///
  /// It guards against mix-ups, not against forgery: no weight is read, so two files that differ only in
  /// weights have the same one. Cost: a pass over the headers, some milliseconds for a large vocabulary.
  package var fingerprint: String {
    var hash = FNV1a()
    for part in file.parts {
      for byte in part.file.bytes.prefix(part.header.byteCount) { hash.add(byte) }
      withUnsafeBytes(of: UInt64(part.byteCount).littleEndian) { size in
        for byte in size { hash.add(byte) }
      }
    }
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }
}

/// The hash of Fowler, Noll and Vo in its 128-bit form.
private struct FNV1a {
  /// The form's offset basis.
  private(set) var value: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
  /// 2^88 + 0x13B.
  private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B

  mutating func add(_ byte: UInt8) { value = (value ^ UInt128(byte)) &* Self.prime }
}
