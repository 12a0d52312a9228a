import Hummingbird
import JSON

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
      return response(bytes: try bytes(value), status: status)
    } catch {
      return Response(
        status: .internalServerError, headers: [.contentType: "application/json"],
        body: ResponseBody(
          byteBuffer: ByteBuffer(
            string: #"{"error":{"message":"encoding failed","type":"server_error","param":null,"#
              + #""code":"internal_error"}}"#)))
    }
  }

  static func response(json: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
    response(bytes: Array(json.text.utf8), status: status)
  }

  static func response(bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}
