import Hummingbird
import Core

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The paths of the API. Each exists with and without `/v1`, because clients often omit it from the base URL.
struct Routes: Sendable {
  let engine: any InferenceEngine
  let codec: any TextCodec
  let settings: APISettings
  /// Seconds since 1970.
  let started: Int
  let allowances: KeyAllowances

  func makeRouter() -> Router<APIContext> {
    var routes = all
    let document = OpenAPIDocument(version: settings.version, routes: routes)
    routes += NativeRoutes.refused
    routes.append(.get("openapi.json") { _, _ in JSONBody.response(json: document.json) })
    let page = settings.servesPage ? PageRoutes().routes : []
    let openPaths = Set((routes + page).filter(\.isOpen).map(\.path))
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestIdentity())
    router.add(middleware: CrossOrigin(origins: settings.allowedOrigins))
    router.add(middleware: ErrorResponses())
    router.add(
      middleware:
        KeyCheck(keys: APIKeys(settings.apiKeys), openPaths: openPaths, allowances: allowances))
    router.add(middleware: MethodCheck(methods: RouteMethods(routes + page)))
    for group in [router.group(), router.group("v1")] {
      for route in routes { group.on(RouterPath(route.path), method: route.method, use: route.handler) }
    }
    for route in page { router.on(RouterPath(route.path), method: route.method, use: route.handler) }
    return router
  }

  var all: [Route] {
    let health = HealthRoutes(engine: engine, metrics: settings.metrics, started: started)
    let cluster = settings.cluster.map { ClusterRoutes(status: $0).routes } ?? []
    let traces = settings.trace.map { TraceRoutes(trace: $0).routes } ?? []
    let models = ModelRoutes(names: names, model: engine.model, started: started)
    let service = GenerationService(
      engine: engine, codec: codec, settings: settings, names: names, allowances: allowances)
    return health.routes + cluster + traces + models.routes + CompletionRoutes(service: service).routes
      + NativeRoutes(service: service).routes
      + OllamaRoutes(service: service, started: Date(timeIntervalSince1970: Double(started))).routes
      + MessagesRoutes(service: service).routes + EmbeddingRoutes(service: service).routes
      + ResponsesRoutes(service: service, store: ResponseStore()).routes + TokenRoutes(service: service).routes
  }

  private var names: ModelNames {
    ModelNames(id: engine.model.id, aliases: settings.modelAliases, fileName: settings.modelFileName)
  }
}
