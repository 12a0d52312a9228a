import Core

/// What members offer a plan: their resources, which of them are excluded, and their order in the pipeline.
struct PlanPool: Sendable {
  let settings: ClusterSettings
  let planner: LayerPlanner
  /// The last plan's stages, so that workers that stay keep their layers.
  var lastStages: [StagePlacement] = []
  /// By name, as registered.
  private var resources: [String: WorkerResources] = [:]
  /// What workers measured to others, by both names.
  private var measured: [String: [String: WorkerLink]] = [:]
  /// Workers that could not hold their stage, and since when. A worker is excluded until it registers again, or until
  /// no plan works without it.
  private var excluded: [String: Duration] = [:]
  /// When the first worker registered that has layers in memory from before.
  private var returnsSince: Duration?

  init(settings: ClusterSettings, planner: LayerPlanner) {
    self.settings = settings
    self.planner = planner
  }

  mutating func insert(_ worker: WorkerResources, links: [String: WorkerLink], now: Duration) {
    resources[worker.name] = worker
    measured[worker.name] = links
    excluded[worker.name] = nil
    if worker.loadedLayers != nil, returnsSince == nil { returnsSince = now }
  }

  mutating func remove(_ worker: String) {
    resources[worker] = nil
    measured[worker] = nil
    excluded[worker] = nil
  }

  mutating func insert(_ link: WorkerLink, of worker: String, to peer: String) { measured[worker]?[peer] = link }

  /// The links between workers that are or were members. Of two that measured the same link the later name counts.
  var links: WorkerLinks {
    var links = WorkerLinks()
    for (worker, found) in measured.sorted(by: { $0.key < $1.key }) {
      for (peer, link) in found where resources[peer] != nil { links[worker, peer] = link }
    }
    return links
  }

  mutating func exclude(_ worker: String, now: Duration) { excluded[worker] = now }

  /// Readmits workers that have been excluded long enough. False when there are none.
  mutating func readmit(now: Duration) -> Bool {
    let waiting = excluded.filter { now - $0.value < settings.excludedFor }
    guard waiting.count < excluded.count else { return false }
    excluded = waiting
    return true
  }

  /// Members that may get layers, in the order they joined.
  func candidates(_ members: [Member]) -> [String] {
    members.filter { $0.status == .alive && excluded[$0.name] == nil && resources[$0.name] != nil }.map(\.name)
  }

  func question(over workers: [String], version: UInt64) -> PlanQuestion {
    let ordered = order(previous: lastStages.map(\.worker)).ordered(workers)
    let preferred = Array(ordered.prefix(settings.neededWorkerCount))
    var planner = planner
    // Later another order would move layers, which costs more than links do. One that is unknown would look the best.
    let links = links
    if lastStages.isEmpty, links.areKnown(ordered.map(\.name)) { planner.links = links }
    return PlanQuestion(
      version: version, planner: planner, preferred: preferred, kept: kept(preferred), all: ordered)
  }

  /// The layers of the last plan where as many workers take its stages, in its order; those in memory where there is no
  /// last plan. The planner sees whether they are a split of the model.
  private func kept(_ workers: [WorkerResources]) -> [LayerRange] {
    let layers = lastStages.isEmpty ? workers.compactMap(\.loadedLayers) : lastStages.map(\.layers)
    return layers.count == workers.count ? layers : []
  }

  /// Whether workers with layers in memory may still return to a restarted coordinator: no worker without layers gets a
  /// place before.
  func awaitsLoaded(_ workers: [String], now: Duration) -> Bool {
    guard let returnsSince, now - returnsSince < settings.returnWait else { return false }
    return order(previous: []).loadedChain(workers)?.count != settings.neededWorkerCount
  }

  private func order(previous: [String]) -> StageOrder {
    StageOrder(previous: previous, resources: resources, layerCount: planner.weights.layers.count)
  }
}
