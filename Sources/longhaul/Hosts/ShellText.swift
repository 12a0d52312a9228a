/// A command for a POSIX shell. What is written out is shell; what is interpolated is a value, and quoted:
/// `"rm -f \(path)"` removes one file, whatever its name is.
struct ShellText: Hashable, ExpressibleByStringInterpolation, CustomStringConvertible {
  fileprivate enum Part: Hashable {
    case shell(String)
    case value(String)
    case key(CapturedKey)
  }

  private var parts: [Part]

  init(stringLiteral value: String) { parts = [.shell(value)] }
  init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }
  private init(_ parts: [Part]) { self.parts = parts }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var parts: [Part] = []

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ literal: String) { parts.append(.shell(literal)) }
    /// A value, quoted.
    mutating func appendInterpolation(_ value: String) { parts.append(.value(value)) }
    mutating func appendInterpolation(_ value: Int) { parts.append(.value("\(value)")) }
    /// Values, each quoted, with blanks between them.
    mutating func appendInterpolation(_ values: [String]) {
      for (index, value) in values.enumerated() { parts += (index > 0 ? [.shell(" ")] : []) + [.value(value)] }
    }
    /// A public key that an earlier step prints.
    mutating func appendInterpolation(_ key: CapturedKey) { parts.append(.key(key)) }
    /// Shell within shell.
    mutating func appendInterpolation(_ text: ShellText) { parts += text.parts }
  }

  /// Commands of which each runs if the ones before it succeeded.
  static func all(_ texts: [ShellText]) -> ShellText {
    ShellText(texts.enumerated().flatMap { ($0 > 0 ? [Part.shell(" && ")] : []) + $1.parts })
  }

  /// The keys that it needs.
  var keys: Set<CapturedKey> {
    Set(parts.compactMap { if case .key(let key) = $0 { key } else { nil } })
  }

  /// What a shell is given. A key that is not known yet has its name there.
  func text(_ keys: [CapturedKey: String] = [:]) -> String {
    parts.map { part in
      switch part {
      case .shell(let text): text
      case .value(let value): Self.quoted(value)
      case .key(let key): Self.quoted(keys[key] ?? key.placeholder)
      }
    }.joined()
  }

  var description: String { text() }

  /// One word of any POSIX shell, and of fish. Names and paths of the usual letters stay as they are.
  static func quoted(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-_./:=@%+,".utf8.contains(byte)
    }
    guard !isPlain || value.isEmpty else { return value }
    return "'" + value.replacing("'", with: #"'"'"'"#) + "'"
  }
}

/// A public key that a step prints and later steps pass on.
enum CapturedKey: Hashable {
  case coordinator
  case worker(String)

  /// Its place in a command that is only shown.
  var placeholder: String {
    switch self {
    case .coordinator: "KEY-OF-COORDINATOR"
    case .worker(let name): "KEY-OF-\(name)"
    }
  }
}
