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

  /// The speed at which it is planned for: as it was measured, else the thread count, as between machines of one kind.
  func speed(_ work: StageCosts.Work) -> Double {
    guard let speed = offer.speed else { return Double(offer.threadCount) }
    return switch work {
    case .prefill: speed.prefill
    case .decode: speed.decode
    }
  }
}
