import Hummingbird
import Logging

/// Turns every error into the one shape clients know. Logs what is the server's own fault.
struct ErrorResponses<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let said = APIError(cause: error)
      let level: Logger.Level = said.status.code >= 500 ? .error : .info
      context.logger.log(
        level: level, "request not served",
        metadata: [
          "path": .string(String(request.uri.path.prefix(200))),
          "status": .stringConvertible(said.status.code),
          "code": .string(said.code ?? said.type),
          // A client's own error is not told in words: they may quote what was sent.
          "reason": .string(level == .error ? said.detail ?? said.message : said.parameter ?? ""),
        ])
      return said.response()
    }
  }
}
