/// Paths as clients spell them.
enum RequestPath {
  /// The path of a request without the slashes that clients put in excess, and without `/v1`.
  static func plain(_ path: String) -> String {
    let components = path.split(separator: "/")
    return components.dropFirst(components.first == "v1" ? 1 : 0).joined(separator: "/")
  }

  /// Nil where the escapes are invalid.
  static func percentDecoded(_ text: String) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let digits = String(rest.prefix(2)), let value = UInt8(digits, radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
