import Core

/// GGUF's names of tensors that are looked at before the model's shape is known.
enum TensorName {
  static let embedding = "token_embd.weight"
  static let head = "output.weight"
  static let perLayerEmbedding = "per_layer_token_embd.weight"
  static let ropeFactors = "rope_freqs.weight"
  static let longRopeFactors = "rope_factors_long.weight"
  static let shortRopeFactors = "rope_factors_short.weight"
}

extension TensorRule {
  /// The embedding, the output norm and the head, which may be the embedding.
  static func ends(of model: ModelConfiguration) -> [TensorRule] {
    let table = [model.hiddenSize, model.vocabularySize]
    return [
      TensorRule(.embedding, TensorName.embedding, table),
      TensorRule(.outputNorm, "output_norm.weight", [model.hiddenSize]),
      TensorRule(.head, TensorName.head, table, isOptional: true),
    ]
  }

  /// The same with factors of RoPE's frequencies, which a model may have.
  static func endsWithRopeFactors(of model: ModelConfiguration) -> [TensorRule] {
    let rotary = model.layers.lazy.compactMap(\.attention.rope?.rotaryDimension).first ?? 0
    return ends(of: model) + [
      TensorRule(.ropeFactors, TensorName.ropeFactors, [rotary / 2], isOptional: true)
    ]
  }

  /// The same with LongRoPE's factors, which a model may have.
  static func endsWithLongRope(of model: ModelConfiguration) -> [TensorRule] {
    let pairCount = (model.layers.first?.attention.rope?.rotaryDimension ?? 0) / 2
    return ends(of: model) + [
      TensorRule(.longRopeFactors, TensorName.longRopeFactors, [pairCount], isOptional: true),
      TensorRule(.shortRopeFactors, TensorName.shortRopeFactors, [pairCount], isOptional: true),
    ]
  }

  /// A pre-norm layer, all matrices tensors of their own and without bias.
  static func gatedLayer(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    inputNorms(in: model) + projections(layer, in: model)
  }

  /// The norms of what each part reads.
  static func inputNorms(in model: ModelConfiguration) -> [TensorRule] {
    [
      TensorRule(.attentionNorm, "attn_norm.weight", [model.hiddenSize]),
      TensorRule(.feedForwardNorm, "ffn_norm.weight", [model.hiddenSize]),
    ]
  }

  /// The norms of what each part gives.
  static func outputNorms(in model: ModelConfiguration) -> [TensorRule] {
    [
      TensorRule(.attentionOutputNorm, "post_attention_norm.weight", [model.hiddenSize]),
      TensorRule(.feedForwardOutputNorm, "post_ffw_norm.weight", [model.hiddenSize]),
    ]
  }

  /// What makes layers' own inputs of a token, for all layers.
  static func perLayerInputs(of model: ModelConfiguration) -> [TensorRule] {
    guard let size = model.layers.first?.perLayerInputSize, size > 0 else { return [] }
    let all = size * model.layerCount
    return [
      TensorRule(.perLayerEmbedding, TensorName.perLayerEmbedding, [all, model.vocabularySize]),
      TensorRule(.perLayerProjection, "per_layer_model_proj.weight", [model.hiddenSize, all]),
      TensorRule(.perLayerProjectionNorm, "per_layer_proj_norm.weight", [size]),
    ]
  }

  /// What takes a layer's own input.
  static func perLayerInput(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    guard layer.perLayerInputSize > 0 else { return [] }
    return [
      TensorRule(.perLayerGate, "inp_gate.weight", [model.hiddenSize, layer.perLayerInputSize]),
      TensorRule(.perLayerOutput, "proj.weight", [layer.perLayerInputSize, model.hiddenSize]),
      TensorRule(.perLayerOutputNorm, "post_norm.weight", [model.hiddenSize]),
    ]
  }

  /// The matrices of a layer.
  static func projections(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    attention(layer, in: model) + feedForward(layer.feedForward, hidden: model.hiddenSize)
  }

  /// The matrices of a feed-forward part, without bias.
  static func feedForward(_ shape: FeedForwardShape, hidden: Int) -> [TensorRule] {
    switch shape {
    case .gated(let inner, _):
      [
        TensorRule(.gate, "ffn_gate.weight", [hidden, inner]),
        TensorRule(.up, "ffn_up.weight", [hidden, inner]),
        TensorRule(.down, "ffn_down.weight", [inner, hidden]),
      ]
    case .ungated(let inner, _):
      [
        TensorRule(.up, "ffn_up.weight", [hidden, inner]),
        TensorRule(.down, "ffn_down.weight", [inner, hidden]),
      ]
    case .experts(let experts): self.experts(experts, hidden: hidden)
    case .gatedBesideExperts(let parts):
      feedForward(.gated(size: parts.size, parts.activation), hidden: hidden)
        + experts(parts.experts, hidden: hidden)
    }
  }

  /// The matrices of a layer's attention.
  static func attention(_ layer: LayerShape, in model: ModelConfiguration) -> [TensorRule] {
    let (hidden, attention) = (model.hiddenSize, layer.attention)
    let keysAndValues = [hidden, attention.keyValueSize]
    // Training leaves weights of keys in layers that attend to another's, and files may have them.
    let rules = [
      TensorRule(.query, "attn_q.weight", [hidden, attention.querySize]),
      TensorRule(.key, "attn_k.weight", keysAndValues, isUnread: !attention.hasOwnKeys),
      TensorRule(.attentionOutput, "attn_output.weight", [attention.querySize, hidden]),
    ]
    guard !attention.valuesAreKeys else { return rules }
    return rules + [TensorRule(.value, "attn_v.weight", keysAndValues, isUnread: !attention.hasOwnKeys)]
  }

  /// The weights of norms that each head of queries and keys has.
  static func headNorms(_ layer: LayerShape) -> [TensorRule] {
    [
      TensorRule(.queryNorm, "attn_q_norm.weight", [layer.attention.headDimension]),
      TensorRule(
        .keyNorm, "attn_k_norm.weight", [layer.attention.headDimension], isUnread: !layer.attention.hasOwnKeys),
    ]
  }

  /// The weights of norms that heads of queries and keys have, each its own; a model may lack them.
  static func normsOfEachHead(_ layer: LayerShape) -> [TensorRule] {
    let attention = layer.attention
    guard case .eachHead = attention.queryKeyNorm else { return [] }
    return [
      TensorRule(.queryNorm, "attn_q_norm.weight", [attention.headDimension, attention.queryHeadCount]),
      TensorRule(.keyNorm, "attn_k_norm.weight", [attention.headDimension, attention.keyValueHeadCount]),
    ]
  }

  /// The weights of norms over all heads of queries, and of keys.
  static func rowNorms(_ layer: LayerShape) -> [TensorRule] {
    [
      TensorRule(.queryNorm, "attn_q_norm.weight", [layer.attention.querySize]),
      TensorRule(.keyNorm, "attn_k_norm.weight", [layer.attention.keyValueSize]),
    ]
  }
}
