import Weights

/// The matrices of a layer by name.
extension LayerWeights {
  var query: Matrix { attention.query.weight }
  var key: Matrix { attention.key.weight }
  var value: Matrix { attention.value.weight }
  var output: Matrix { attention.output.weight }
  var gate: Matrix { gated.gate }
  var up: Matrix { gated.up }
  var down: Matrix { gated.down }

  private var gated: (gate: Matrix, up: Matrix, down: Matrix) {
    switch feedForward {
    case .gated(let gate, let up, let down): (gate.weight, up.weight, down.weight)
    case .experts: preconditionFailure("the layer has experts")
    }
  }
}
