import Hummingbird

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// JSON as bytes, keys sorted so that equal answers are equal bytes.
enum JSONBody {
  /// Values given here contain no NaN or infinity, which is all that could make encoding fail.
  static func bytes(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [UInt8](try encoder.encode(value))
  }

  static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    do {
      let body = ByteBuffer(bytes: try bytes(value))
      return Response(
        status: status, headers: [.contentType: "application/json; charset=utf-8"],
        body: ResponseBody(byteBuffer: body))
    } catch {
      return Response(
        status: .internalServerError, headers: [.contentType: "application/json"],
        body: ResponseBody(
          byteBuffer: ByteBuffer(
            string: #"{"error":{"message":"encoding failed","type":"server_error","param":null,"#
              + #""code":"internal_error"}}"#)))
    }
  }
}
