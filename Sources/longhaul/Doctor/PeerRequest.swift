/// What the two ends of `doctor` say to each other over TCP: a line, and bytes where the line says so.
///
///     facts            → a line of JSON
///     echo COUNT       → so many bytes follow, and come back
///     connect PORT     → the other end connects to that port of this host, and says "ok", or "failed" and why
enum PeerRequest: Hashable {
  case facts
  case echo(Int)
  case connect(UInt16)

  static let maximumLineByteCount = 4096
  static let maximumEchoByteCount = 64 << 20

  init?(_ line: String) {
    let words = line.split(separator: " ")
    switch (words.first, words.count > 1 ? Int(words[1]) : nil, words.count) {
    case ("facts", _, 1): self = .facts
    case ("echo", let count?, 2) where (1...Self.maximumEchoByteCount).contains(count): self = .echo(count)
    case ("connect", let port?, 2) where (1...65535).contains(port): self = .connect(UInt16(port))
    default: return nil
    }
  }

  var line: String {
    switch self {
    case .facts: "facts"
    case .echo(let count): "echo \(count)"
    case .connect(let port): "connect \(port)"
    }
  }
}
