import ArgumentParser

/// An amount of memory as a user writes it: 512MiB, 6GiB, 8G, or bytes.
struct ByteSize: ExpressibleByArgument, Hashable {
  let byteCount: Int

  init(byteCount: Int) { self.byteCount = byteCount }

  /// The value in help texts.
  var defaultValueDescription: String { "\(byteCount)" }

  init?(argument: String) {
    let digits = argument.prefix { $0.isNumber || $0 == "." }
    guard let amount = Double(digits), amount >= 0, amount.isFinite else { return nil }
    let scale: Double
    switch argument.dropFirst(digits.count).lowercased() {
    case "", "b": scale = 1
    case "k", "kb", "kib": scale = 1024
    case "m", "mb", "mib": scale = 1024 * 1024
    case "g", "gb", "gib": scale = 1024 * 1024 * 1024
    case "t", "tb", "tib": scale = 1024 * 1024 * 1024 * 1024
    default: return nil
    }
    guard let bytes = Int(exactly: (amount * scale).rounded()) else { return nil }
    byteCount = bytes
  }
}
