import HTTPClient

/// One GET of a server such as this program's. Blocks.
struct HTTPQuery {
  struct Answer {
    let status: Int
    let body: [UInt8]
  }

  /// More is no answer of this program.
  private static let maximumByteCount = 64 << 20

  let address: ServerAddress
  var key: String?
  /// Whether the server must prove its name, where it speaks TLS.
  var checksCertificate = true

  /// - Throws: `CommandFailure` for what is no address.
  init(_ text: String, key: String? = nil) throws { (address, self.key) = (try ServerAddress(text), key) }

  /// - Throws: `CommandFailure` when nothing answers in time.
  func answer(within seconds: Int = 10) throws -> Answer {
    var transfer = HTTPTransfer(url: "\(address)", token: key)
    transfer.failsOnRefusal = false
    transfer.timeout = seconds
    transfer.usesProxy = false
    transfer.checksCertificate = checksCertificate
    var body: [UInt8] = []
    var isTooLong = false
    do {
      let answer = try transfer.run { bytes in
        isTooLong = body.count + bytes.count > Self.maximumByteCount
        if !isTooLong { body.append(contentsOf: bytes) }
        return !isTooLong
      }
      return Answer(status: answer.status, body: body)
    } catch {
      let server = "\(address.host):\(address.port)"
      throw CommandFailure(
        .unavailable,
        isTooLong
          ? "\(server) answers with more than \(Self.maximumByteCount) bytes"
          : "no server answers at \(server): \(error.text)")
    }
  }
}
