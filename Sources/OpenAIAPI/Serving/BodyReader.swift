import Hummingbird
import JSON

/// Reads the JSON body of a request within a size limit.
struct BodyReader: Sendable {
  let maximumByteCount: Int
  var defaults = RequestDefaults()

  func read<Body: RequestBody>(_ type: Body.Type, from request: Request) async throws -> Body {
    // Bytes of another coding would only be called broken JSON.
    if let coding = request.headers[.contentEncoding], coding.lowercased() != "identity" {
      throw APIError.unsupportedCoding(coding)
    }
    let value = defaults.applied(to: try JSONParser.parse(try await bytes(of: request)), Body.table)
    return try Body(RequestFields(value, table: Body.table))
  }

  /// Reads and discards the rest of a body that is too large, within bounds: many clients read the response only after
  /// they have sent the whole body.
  private func bytes(of request: Request) async throws -> [UInt8] {
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    // Who expects 100 Continue has not sent anything yet.
    if announced > maximumByteCount, request.headers[.expect]?.lowercased() == "100-continue" {
      throw APIError.bodyTooLarge(limit: maximumByteCount)
    }
    var bytes: [UInt8]? = announced <= maximumByteCount ? [] : nil
    var room = maximumByteCount
    do {
      for try await chunk in request.body {
        room -= chunk.readableBytes
        if room < 0 { bytes = nil }
        guard room >= -3 * maximumByteCount else { break }
        bytes?.append(contentsOf: chunk.readableBytesView)
      }
    } catch let error as CancellationError {
      throw error
    } catch {
      throw APIError.unreadableBody(error)
    }
    guard let bytes else { throw APIError.bodyTooLarge(limit: maximumByteCount) }
    return bytes
  }
}
