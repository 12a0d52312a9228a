import Core
import Foundation
import Weights

/// A feed-forward part.
struct PlainFeedForward {
  private enum Part {
    case gated(PlainGated)
    case ungated(GELU, up: PlainLinear, down: PlainLinear)
    case experts(PlainExperts)
  }
  private let part: Part

  init(_ shape: FeedForwardShape, _ weights: FeedForwardWeights<WeightMatrix>) {
    switch (shape, weights) {
    case (.gated(_, let activation), .gated(let gate, let up, let down)):
      part = .gated(PlainGated(activation, gate: gate, up: up, down: down))
    case (.experts(let shape), .experts(let weights)): part = .experts(PlainExperts(shape, weights))
    case (.ungated(_, let gelu), .ungated(let up, let down)):
      part = .ungated(gelu, up: PlainLinear(up), down: PlainLinear(down))
    case (.gatedBesideExperts, _): preconditionFailure("the plain backend knows no experts beside a gated part")
    case (.gated, _), (.ungated, _), (.experts, _): preconditionFailure("the weights are of another shape")
    }
  }

  func applied(to input: [Double]) -> [Double] {
    switch part {
    case .gated(let part): part.applied(to: input)
    case .ungated(.tanh, let up, let down): down.product(up.product(input).map(gelu))
    case .ungated(.exact, let up, let down):
      down.product(up.product(input).map { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) })
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
    down.product(zip(gate.product(input), up.product(input)).map { activation.applied(to: $0, $1) })
  }
}

extension Activation {
  fileprivate func applied(to gate: Double, _ up: Double) -> Double {
    switch self {
    case .silu: return gate / (1 + exp(-gate)) * up
    case .geluTanh: return gelu(gate) * up
    case .clampedSwiGLU(let alpha, let limit):
      let (g, u) = (min(gate, Double(limit)), min(max(up, -Double(limit)), Double(limit)))
      return g / (1 + exp(-Double(alpha) * g)) * (u + 1)
    }
  }
}

private func gelu(_ x: Double) -> Double {
  x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * pow(x, 3))))
}
