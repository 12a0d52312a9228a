import Core
import Foundation
import Weights

/// A mixture of experts, each expert of each token for itself.
struct PlainExperts {
  private let shape: ExpertsShape
  private let router: PlainLinear
  private let choiceBias: [Double]
  private let experts: [PlainGated]
  private let sharedRouter: PlainLinear?
  private let shared: PlainGated?

  init(_ shape: ExpertsShape, _ weights: ExpertWeights<WeightMatrix>) {
    precondition(shape.router.groups == nil, "the plain backend knows no groups of experts")
    self.shape = shape
    router = PlainLinear(weights.router)
    choiceBias = weights.choiceBias?.map(Double.init) ?? Array(repeating: 0, count: shape.expertCount)
    experts = weights.gate.indices.map {
      PlainGated(shape.activation, gate: weights.gate[$0], up: weights.up[$0], down: weights.down[$0])
    }
    sharedRouter = weights.shared?.router.map { PlainLinear($0) }
    shared = weights.shared.map { PlainGated(shape.activation, gate: $0.gate, up: $0.up, down: $0.down) }
  }

  func applied(to input: [Double]) -> [Double] {
    let scores = router.product(input)
    let chosen = scores.indices.sorted { choice(scores[$0], $0) > choice(scores[$1], $1) }.prefix(shape.usedCount)
    var result = Array(repeating: 0.0, count: input.count)
    func add(_ output: [Double], _ weight: Double) {
      result = zip(result, output).map { $0 + weight * $1 }
    }
    for (expert, weight) in zip(chosen, weights(chosen.map { scores[$0] }, of: scores)) {
      add(experts[expert].applied(to: input), weight)
    }
    if let shared { add(shared.applied(to: input), sharedRouter.map { sigmoid($0.product(input)[0]) } ?? 1) }
    return result
  }

  /// What experts are chosen by.
  private func choice(_ score: Double, _ expert: Int) -> Double {
    if case .sigmoid = shape.router.weighting { sigmoid(score) + choiceBias[expert] } else { score }
  }

  private func weights(_ chosen: [Double], of scores: [Double]) -> [Double] {
    func shares(_ numbers: [Double], of all: [Double]) -> [Double] {
      let sum = all.reduce(0, +)
      return numbers.map { $0 / sum * Double(shape.router.scale) }
    }
    switch shape.router.weighting {
    case .softmaxOfAll: return shares(chosen.map(exp), of: scores.map(exp))
    case .softmaxOfChosen: return shares(chosen.map(exp), of: chosen.map(exp))
    case .sigmoid(true): return shares(chosen.map(sigmoid), of: chosen.map(sigmoid))
    case .sigmoid(false): return chosen.map { sigmoid($0) * Double(shape.router.scale) }
    case .sparseMixer(let jitter):
      func share(of chosen: Double, among scores: [Double]) -> Double {
        let near = scores.filter { !((chosen - $0) / max(abs($0), chosen) > 2 * Double(jitter)) }
        return Double(shape.router.scale) / near.reduce(0) { $0 + exp($1 - chosen) }
      }
      var others = scores
      others.remove(at: scores.firstIndex(of: chosen[0]) ?? 0)
      return [share(of: chosen[0], among: scores), share(of: chosen[1], among: others)]
    }
  }
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
