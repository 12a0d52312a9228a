/// Why a text is no JSON, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  package let reason: String
  /// Both from 1; columns count bytes.
  package let line: Int
  package let column: Int

  init(_ reason: String, at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
    let before = bytes[..<min(offset, bytes.count)]
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    self.reason = reason
    line = before.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
    column = before.count - start + 1
  }

  package var description: String { "\(reason) at line \(line), column \(column)" }
}
