import Core

/// A speed as a host keeps it: a few lines of text under a checksum.
///
///     longhaul speed 1
///     build 0.2.0
///     ...
///     prefill 1.9871
///     decode 2.0133
///     checksum 1a2b3c4d
///
/// Only the very bytes that this program would write for the key are read: everything else, of another version or host,
/// cut or damaged, is as if it were not there.
struct SpeedRecord: Hashable {
  /// More than any record has.
  static let maximumByteCount = 64 << 10
  /// What a machine can be: others are mistakes.
  private static let plausible = 1e-6...1e6

  let key: SpeedKey
  let speed: StageSpeed

  init(key: SpeedKey, speed: StageSpeed) {
    self.key = key
    self.speed = speed
  }

  /// Nil unless the bytes are this key's record.
  init?(_ bytes: [UInt8], of key: SpeedKey) {
    guard bytes.count <= Self.maximumByteCount, let text = String(validating: bytes, as: UTF8.self) else { return nil }
    let words = text.split(separator: "\n").suffix(3).map { $0.split(separator: " ") }
    guard words.count == 3, let prefill = words[0].last.flatMap({ Double($0) }),
      let decode = words[1].last.flatMap({ Double($0) }), Self.plausible.contains(prefill),
      Self.plausible.contains(decode)
    else { return nil }
    self.init(key: key, speed: StageSpeed(prefill: prefill, decode: decode))
    guard self.bytes == bytes else { return nil }
  }

  /// Whether the speed is one that is kept.
  var isPlausible: Bool { Self.plausible.contains(speed.prefill) && Self.plausible.contains(speed.decode) }

  var bytes: [UInt8] {
    // A line each: names come from the system.
    func line(_ text: String) -> String { text.replacing("\n", with: " ") }
    let text = """
      longhaul speed 1
      build \(line(key.build))
      numerics \(line(key.numericsID))
      host \(line(key.host))
      processor \(line(key.processor))
      threads \(key.place)
      quota \(key.quota.map { "\($0)" } ?? "none")
      prefill \(speed.prefill)
      decode \(speed.decode)

      """
    return KeptText.bytes(text)
  }
}
