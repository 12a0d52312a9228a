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

  func makeRouter() -> Router<APIContext> {
    let routes = all
    let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestIdentity())
    router.add(middleware: CrossOrigin(allowedOrigin: settings.allowedOrigin))
    router.add(middleware: ErrorResponses())
    router.add(middleware: KeyCheck(keys: APIKeys(settings.apiKeys)))
    router.add(middleware: MethodCheck(methods: RouteMethods(routes)))
    for group in [router.group(), router.group("v1")] {
      for route in routes { group.on(RouterPath(route.path), method: route.method, use: route.handler) }
    }
    return router
  }

  private var all: [Route] {
    let health = HealthRoutes(engine: engine, metrics: settings.metrics)
    let models = ModelRoutes(names: names, model: engine.model, started: started)
    let service = GenerationService(engine: engine, codec: codec, settings: settings, names: names)
    return health.routes + models.routes + CompletionRoutes(service: service).routes
      + NativeRoutes(service: service).routes
      + OllamaRoutes(service: service, started: Date(timeIntervalSince1970: Double(started))).routes
      + MessagesRoutes(service: service).routes + TokenRoutes(service: service).routes
  }

  private var names: ModelNames {
    ModelNames(id: engine.model.id, aliases: settings.modelAliases, fileName: settings.modelFileName)
  }
}
