import Core

/// What the cluster can do for requests. The driver decides it, the token path admits by it.
struct Availability: Equatable, Sendable {
  /// False until a plan has served, and while no plan can be expected to.
  var takesRequests = false
  /// Of the cluster; the token path also needs its link to the first stage.
  var readiness = EngineReadiness.loading("the cluster is starting")
}
