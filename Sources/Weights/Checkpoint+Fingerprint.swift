import Core
import Tensors

extension Checkpoint {
  /// 32 hexadecimal digits that distinguish files of one model from those of another: FNV-1a (128 bits) over every
  /// file's header and size. The same on every machine and for every file name.
  ///
  /// It guards against mix-ups, not against forgery: no weight is read, so two files that differ only in
  /// weights have the same one. Cost: a pass over the headers, some milliseconds for a large vocabulary.
  package var fingerprint: String { contentHash.digits }

  /// As `fingerprint`, but of these very files on this machine until they are written to: it also counts their
  /// inodes and times of modification, and what takes the place of their scaling of RoPE: that makes another model.
  package var versionFingerprint: String {
    var hash = contentHash
    for part in file.parts {
      let version = part.file.version
      for number in [version.device, version.inode, UInt64(bitPattern: Int64(version.modified))] { hash.add(number) }
    }
    for byte in (rope?.description ?? "").utf8 { hash.add(byte) }
    return hash.digits
  }

  private var contentHash: FNV1a {
    var hash = FNV1a()
    for part in file.parts {
      for byte in part.file.bytes.prefix(part.headerByteCount) { hash.add(byte) }
      hash.add(UInt64(part.byteCount))
    }
    return hash
  }
}

/// The hash of Fowler, Noll and Vo in its 128-bit form.
private struct FNV1a {
  /// The form's offset basis.
  private(set) var value: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
  /// 2^88 + 0x13B.
  private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B

  mutating func add(_ byte: UInt8) { value = (value ^ UInt128(byte)) &* Self.prime }

  mutating func add(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { bytes in
      for byte in bytes { add(byte) }
    }
  }

  var digits: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
  }
}
