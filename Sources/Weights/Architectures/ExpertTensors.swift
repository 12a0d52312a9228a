import Core

extension TensorRule {
  /// The tensors of a mixture of experts: each kind of matrix of all experts is one tensor, or gate and up of each
  /// expert follow each other in one.
  static func experts(_ shape: ExpertsShape, hidden: Int) -> [TensorRule] {
    let (count, inner) = (shape.expertCount, shape.size)
    var rules = [
      TensorRule(.router, "ffn_gate_inp.weight", [hidden, count]),
      TensorRule(.expertGate, "ffn_gate_exps.weight", [hidden, inner, count]),
      TensorRule(.expertUp, "ffn_up_exps.weight", [hidden, inner, count]),
      TensorRule(.expertDown, "ffn_down_exps.weight", [inner, hidden, count]),
      TensorRule(.expertGate, "ffn_gate_up_exps.weight", [hidden, 2 * inner, count], rows: 0..<inner),
      TensorRule(.expertUp, "ffn_gate_up_exps.weight", [hidden, 2 * inner, count], rows: inner..<2 * inner),
    ]
    if case .sigmoid = shape.router.weighting {
      rules.append(TensorRule(.choiceBias, "exp_probs_b.bias", [count], isOptional: true))
    }
    guard let shared = shape.shared else { return rules }
    if shared.isGated { rules.append(TensorRule(.sharedRouter, "ffn_gate_inp_shexp.weight", [hidden])) }
    return rules + [
      TensorRule(.sharedGate, "ffn_gate_shexp.weight", [hidden, shared.size]),
      TensorRule(.sharedUp, "ffn_up_shexp.weight", [hidden, shared.size]),
      TensorRule(.sharedDown, "ffn_down_shexp.weight", [shared.size, hidden]),
    ]
  }

  /// The biases of a mixture of experts, of the router as of every expert.
  static func expertBiases(_ shape: FeedForwardShape, hidden: Int) -> [TensorRule] {
    guard case .experts(let experts) = shape else { return [] }
    let (count, inner) = (experts.expertCount, experts.size)
    return [
      TensorRule(.routerBias, "ffn_gate_inp.bias", [count]),
      TensorRule(.expertGateBias, "ffn_gate_exps.bias", [inner, count]),
      TensorRule(.expertUpBias, "ffn_up_exps.bias", [inner, count]),
      TensorRule(.expertDownBias, "ffn_down_exps.bias", [hidden, count]),
      TensorRule(.expertGateBias, "ffn_gate_up_exps.bias", [2 * inner, count], rows: 0..<inner),
      TensorRule(.expertUpBias, "ffn_gate_up_exps.bias", [2 * inner, count], rows: inner..<2 * inner),
    ]
  }
}
