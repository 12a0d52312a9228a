package import Core

/// A worker as a plan sees it.
package struct WorkerResources: Hashable, Sendable {
  /// Plausible speeds. Beyond them times could overflow.
  package static let speeds: ClosedRange<Double> = 1e-9...1e18

  package var name: String
  /// What its device offers, as registered.
  package var offer: StageOffer
  /// Layers whose weights were in memory when it registered.
  package var loadedLayers: LayerRange?
  /// The host that it shares with other workers, where that is known.
  package var host: SharedHost?

  package init(name: String, offer: StageOffer, loadedLayers: LayerRange? = nil, host: SharedHost? = nil) {
    self.name = name
    self.offer = offer
    self.loadedLayers = loadedLayers
    self.host = host
  }

  /// The speeds at which it works alone, in reference threads: as they were measured or stated, else the thread count,
  /// as between machines of one kind; at most what its host can do.
  var speed: StageSpeed {
    let own = offer.speed ?? StageSpeed(prefill: Double(offer.threadCount), decode: Double(offer.threadCount))
    guard let host else { return own }
    return StageSpeed(prefill: min(own.prefill, host.speed.prefill), decode: min(own.decode, host.speed.decode))
  }
}
