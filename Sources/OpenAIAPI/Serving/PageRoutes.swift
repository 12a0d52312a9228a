import Hummingbird
import WebPage

/// The web page at `/` and its files. They hold nothing secret and need no key: the page asks for one.
struct PageRoutes: Sendable {
  var routes: [Route] {
    WebPage.files.map { file in
      let served = ServedPageFile(file)
      return .get(file.name == WebPage.start ? "" : "page/\(file.name)", isOpen: true) { request, _ in
        served.response(to: request)
      }
    }
  }
}

/// One file with its headers, which are the same for every request.
private struct ServedPageFile: Sendable {
  private let body: ByteBuffer
  private let tag: String
  private let headers: HTTPFields

  /// Only the page's own files and its own server: no inline code or style, no frame, no form to elsewhere.
  private static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
  ].joined(separator: "; ")

  init(_ file: WebPage.File) {
    body = ByteBuffer(bytes: file.bytes)
    tag = "\"\(file.version)\""
    var headers: HTTPFields = [.contentType: file.contentType, .eTag: tag, .cacheControl: "no-cache"]
    headers[.contentSecurityPolicy] = Self.policy
    headers[.contentTypeOptions] = "nosniff"
    headers[.referrerPolicy] = "no-referrer"
    headers[.resourcePolicy] = "same-origin"
    self.headers = headers
  }

  /// A browser keeps the files and asks each time whether they are still the same.
  func response(to request: Request) -> Response {
    let known = request.headers[.ifNoneMatch]?.split(separator: ",").contains { $0.hasSuffix(tag) } ?? false
    if known { return Response(status: .notModified, headers: headers) }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
  }
}
