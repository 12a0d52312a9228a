import Hummingbird
import Core

/// The listing of the served model.
struct ModelRoutes: Sendable {
  let names: ModelNames
  let model: ServedModel
  /// Seconds since 1970.
  let started: Int

  var routes: [Route] {
    [
      .get("models") { _, _ in list },
      .get("models/**") { request, context in try named(context.parameters.getCatchAll()) },
    ]
  }

  private var list: Response {
    JSONBody.response(ModelListBody(data: names.listed.map { ModelBody(id: $0, model: model, created: started) }))
  }

  /// Names may contain slashes, percent-encoded or not.
  private func named(_ components: [Substring]) throws -> Response {
    let name = components.joined(separator: "/")
    guard let known = [name, RequestPath.percentDecoded(name)].compactMap({ $0 }).first(where: names.contains) else {
      throw APIError.unknownModel(name, served: names.id)
    }
    return JSONBody.response(ModelBody(id: known, model: model, created: started))
  }
}
