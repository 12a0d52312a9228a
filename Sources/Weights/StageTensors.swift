package import Core
package import Tensors

/// The weights of one stage as they lie in the mapped file: its own layers, and the embedding and the head where it has
/// them. No byte of another stage is touched.
package struct StageTensors: Sendable {
  package let configuration: ModelConfiguration
  package let range: LayerRange
  /// One a layer, the first being layer `range.lower`.
  package let layers: [LayerWeights<WeightMatrix>]
  /// `[vocabulary, hidden]`, on the first stage, and on all where layers have inputs of their own.
  package let embedding: WeightMatrix?
  /// `[hidden]`, on the last stage.
  package let outputNorm: NormWeights?
  /// `[vocabulary, hidden]`, on the last stage; the embedding table where the head is tied.
  package let head: Linear<WeightMatrix>?
  /// Bytes of these tensors in the file, each counted once.
  package let byteCount: Int
  /// Where they lie.
  let source: CheckpointFiles

  /// - Throws: `CheckpointError` when the checkpoint is no model that can be computed, has not these layers, or when a
  ///   norm is not finite.
  package init(
    _ checkpoint: Checkpoint, layers range: LayerRange, hasEmbedding: Bool, hasHead: Bool
  ) throws(CheckpointError) {
    let file = checkpoint.file
    let map = try checkpoint.tensorMap
    guard range.upper <= map.layers.count else {
      throw CheckpointError.invalid(
        file.fileNames[0], nil, "has \(map.layers.count) layers, and layers \(range) were asked for")
    }
    configuration = try checkpoint.configuration
    let shapes = configuration.layers
    guard range.indices.allSatisfy({ $0 - (shapes[$0].attention.keySourceDistance ?? 0) >= range.lower }) else {
      throw .unsupported(
        file.fileNames[0], nil, "has layers among \(range) that attend to keys of layers before layer \(range.lower)",
        remedy: "divide the model before a layer of \(configuration.stageStarts)")
    }
    self.range = range
    source = file
    var reader = StageReader(file: file, map: map)
    var layers: [LayerWeights<WeightMatrix>] = []
    for layer in range.indices { layers.append(try reader.layer(shapes[layer], index: layer)) }
    self.layers = layers
    embedding = hasEmbedding || configuration.hasPerLayerInputs ? try reader.matrix(map.model, .embedding) : nil
    if let embedding, embedding.mapped == nil {
      throw .unsupported(
        file.fileNames[0], tensorSubject(TensorName.embedding), "is not in F32, F16 or BF16",
        remedy: "use files of the model whose embedding is in one of these types")
    }
    outputNorm = hasHead ? try reader.norm(map.model, .outputNorm) : nil
    let headRole = map.model[.head] == nil ? TensorRole.embedding : .head
    head = hasHead ? try reader.linear(map.model, headRole, bias: .headBias) : nil
    byteCount = reader.byteCount
  }
}
