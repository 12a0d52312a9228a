/// Whether tokens are guessed and verified together with the newest one, instead of computed one a step.
package enum SpeculationMode: String, Hashable, Sendable, CaseIterable {
  case off
  /// By prompt lookup, whenever the newest tokens stood somewhere before.
  case lookup
  /// By prompt lookup, as far as what was accepted pays for it.
  case auto
}
