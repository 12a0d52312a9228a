import Core
import Foundation
import Weights

/// A feed-forward part.
struct PlainFeedForward {
  private enum Part {
    case gated(PlainGated)
    case experts(PlainExperts)
  }
  private let part: Part

  init(_ shape: FeedForwardShape, _ weights: FeedForwardWeights<WeightMatrix>) {
    switch (shape, weights) {
    case (.gated(_, let activation), .gated(let gate, let up, let down)):
      part = .gated(PlainGated(activation, gate: gate, up: up, down: down))
    case (.experts(let shape), .experts(let weights)): part = .experts(PlainExperts(shape, weights))
    case (.gated, _), (.experts, _): preconditionFailure("the weights are of another shape")
    }
  }

  func applied(to input: [Double]) -> [Double] {
    switch part {
    case .gated(let part): part.applied(to: input)
    case .experts(let part): part.applied(to: input)
    }
  }
}

/// `down(activation(gate(x)) * up(x))`.
struct PlainGated {
  private let activation: Activation
  private let gate: PlainLinear
  private let up: PlainLinear
  private let down: PlainLinear

  init(
    _ activation: Activation, gate: Linear<WeightMatrix>, up: Linear<WeightMatrix>, down: Linear<WeightMatrix>
  ) {
    self.activation = activation
    (self.gate, self.up, self.down) = (PlainLinear(gate), PlainLinear(up), PlainLinear(down))
  }

  func applied(to input: [Double]) -> [Double] {
    let inner = zip(gate.product(input), up.product(input)).map { gate, up in
      switch activation {
      case .silu: gate / (1 + exp(-gate)) * up
      }
    }
    return down.product(inner)
  }
}
