import Hummingbird

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads a request's JSON body, never holding more of it than allowed.
struct BodyReader: Sendable {
  let maximumByteCount: Int

  func decode<Body: Decodable>(_ type: Body.Type, from request: Request) async throws -> Body {
    try JSONDecoder().decode(type, from: try await bytes(of: request))
  }

  private func bytes(of request: Request) async throws -> Data {
    let announced = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard announced <= maximumByteCount else { throw APIError.bodyTooLarge(limit: maximumByteCount) }
    var bytes = Data()
    for try await chunk in request.body {
      guard chunk.readableBytes <= maximumByteCount - bytes.count else {
        throw APIError.bodyTooLarge(limit: maximumByteCount)
      }
      bytes.append(contentsOf: chunk.readableBytesView)
    }
    return bytes
  }
}
