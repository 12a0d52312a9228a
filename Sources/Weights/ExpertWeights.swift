package import Tensors

/// The weights of a feed-forward part of experts (`ExpertsShape`), its matrices in one form or another.
package struct ExpertWeights<Matrix: Sendable>: Sendable {
  /// `[expertCount, hidden]`, in F32 or F16.
  package let router: Linear<Matrix>
  /// `[expertCount]`: added to scores where experts are chosen, but not to their weights.
  package let choiceBias: [Float]?
  /// `[expertCount]`: what experts' weights are multiplied by, at last; nil leaves them as they are.
  package let weightScales: [Float]?
  /// One an expert, `[size, hidden]`, of one type.
  package let gate: [Linear<Matrix>]
  /// One an expert, `[size, hidden]`, of one type.
  package let up: [Linear<Matrix>]
  /// One an expert, `[hidden, size]`, of one type.
  package let down: [Linear<Matrix>]
  /// Where the layer's shape has a shared expert.
  package let shared: SharedExpertWeights<Matrix>?

  var matrices: [Matrix] {
    [router.weight] + (gate + up + down).map(\.weight) + (shared?.matrices ?? [])
  }

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> ExpertWeights<Other> {
    ExpertWeights<Other>(
      router: router.map(transform), choiceBias: choiceBias, weightScales: weightScales,
      gate: gate.map { $0.map(transform) }, up: up.map { $0.map(transform) }, down: down.map { $0.map(transform) },
      shared: shared?.map(transform))
  }
}

/// The weights of a gated part and of experts beside it (`GatedBesideExpertsShape`).
package struct GatedBesideExpertsWeights<Matrix: Sendable>: Sendable {
  /// `[size, hidden]`.
  package let gate: Linear<Matrix>
  /// `[size, hidden]`.
  package let up: Linear<Matrix>
  /// `[hidden, size]`.
  package let down: Linear<Matrix>
  /// `[hidden]`: of what the gated part gives.
  package let gatedNorm: NormWeights
  package let experts: ExpertWeights<Matrix>
  /// `[hidden]`: of what the router reads.
  package let routerNorm: NormWeights
  /// `[hidden]`: of what the experts read, and of what they give.
  package let expertNorms: NormPair

  var matrices: [Matrix] { [gate, up, down].map(\.weight) + experts.matrices }

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> GatedBesideExpertsWeights<Other> {
    GatedBesideExpertsWeights<Other>(
      gate: gate.map(transform), up: up.map(transform), down: down.map(transform), gatedNorm: gatedNorm,
      experts: experts.map(transform), routerNorm: routerNorm, expertNorms: expertNorms)
  }
}

/// The weights of the expert that every token is given to.
package struct SharedExpertWeights<Matrix: Sendable>: Sendable {
  /// `[1, hidden]`, in F32 or F16: what weighs its output, where the shape says so.
  package let router: Linear<Matrix>?
  /// `[size, hidden]`.
  package let gate: Linear<Matrix>
  /// `[size, hidden]`.
  package let up: Linear<Matrix>
  /// `[hidden, size]`.
  package let down: Linear<Matrix>

  var matrices: [Matrix] { [router, gate, up, down].compactMap { $0?.weight } }

  func map<Other: Sendable>(_ transform: (Matrix) -> Other) -> SharedExpertWeights<Other> {
    SharedExpertWeights<Other>(
      router: router?.map(transform), gate: gate.map(transform), up: up.map(transform), down: down.map(transform))
  }
}
