import Hummingbird
import Logging

/// Maps every error to an error response. Logs it; server errors with their message.
struct ErrorResponses<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch {
      let failure = APIError(cause: error)
      let level: Logger.Level = failure.status.code >= 500 ? .error : .info
      context.logger.log(
        level: level, "request failed",
        metadata: [
          "path": .string(String(request.uri.path.prefix(200))),
          "status": .stringConvertible(failure.status.code),
          "code": .string(failure.code ?? failure.type),
          // Client errors are logged without their message, which may quote the prompt.
          "reason": .string(level == .error ? failure.detail ?? failure.message : failure.parameter ?? ""),
        ])
      return failure.response(ErrorStyle(path: request.uri.path))
    }
  }
}
