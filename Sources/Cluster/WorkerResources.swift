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

  package init(name: String, offer: StageOffer, loadedLayers: LayerRange? = nil) {
    self.name = name
    self.offer = offer
    self.loadedLayers = loadedLayers
  }

  /// The speeds at which it is planned for, in reference threads: as they were measured or stated, else the thread
  /// count, as between machines of one kind.
  var speed: StageSpeed {
    offer.speed ?? StageSpeed(prefill: Double(offer.threadCount), decode: Double(offer.threadCount))
  }
}
