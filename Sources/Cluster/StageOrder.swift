import Core

/// The order of workers in the pipeline, decided before their layers are divided.
///
/// Workers of the last plan keep their places, so that they keep their layers. New workers fill the gaps, then the end,
/// by name. A restarted coordinator has no last plan: it orders workers by the layers that they still have in memory,
/// whatever order they return in.
struct StageOrder {
  /// Workers of the last plan, by stage; empty before the first plan.
  let previous: [String]
  let resources: [String: WorkerResources]
  let layerCount: Int

  func ordered(_ pool: [String]) -> [WorkerResources] {
    let stages = previous.isEmpty ? loadedChain(pool) ?? [] : previous
    var fresh = pool.filter { !stages.contains($0) }.sorted()[...]
    let kept = stages.compactMap { pool.contains($0) ? $0 : fresh.popFirst() }
    return (kept + fresh).compactMap { resources[$0] }
  }

  /// Workers whose loaded layers together cover the model once, in layer order; nil when some layers are missing.
  func loadedChain(_ pool: [String]) -> [String]? {
    let loaded = pool.compactMap { name in resources[name]?.loadedLayers.map { (name: name, layers: $0) } }
    // By first layer: workers that cover the model from there to its end. The loop goes from the last layers to the
    // first; of several workers with the same layers the first by name is written last and stays.
    var chains = [layerCount: [String]()]
    for (name, layers) in loaded.sorted(by: { ($0.layers.lower, $0.name) > ($1.layers.lower, $1.name) })
    where layers.count > 0 {
      if let rest = chains[layers.upper] { chains[layers.lower] = [name] + rest }
    }
    return chains[0]
  }
}
