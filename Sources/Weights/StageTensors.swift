package import Core
package import Tensors

/// The weights of one stage as they lie in the mapped file: its own layers, and the embedding and the head where it has
/// them. No byte of another stage is touched.
package struct StageTensors: Sendable {
  package let configuration: ModelConfiguration
  package let range: LayerRange
  /// One a layer, the first being layer `range.lower`.
  package let layers: [LayerWeights<WeightMatrix>]
  /// `[vocabulary, hidden]`, on the first stage.
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
    self.range = range
    source = file
    var reader = StageReader(file: file)
    var layers: [LayerWeights<WeightMatrix>] = []
    for layer in range.indices { layers.append(try reader.layer(configuration.layers[layer], map.layers[layer])) }
    self.layers = layers
    embedding = hasEmbedding ? try reader.matrix(map.model, .embedding) : nil
    if let embedding, embedding.mapped == nil {
      throw .unsupported(
        file.fileNames[0], tensorSubject(TensorName.embedding), "is not in F32, F16 or BF16",
        remedy: "use files of the model whose embedding is in one of these types")
    }
    outputNorm = hasHead ? try reader.norm(map.model, .outputNorm) : nil
    let headRole = map.model[.head] == nil ? TensorRole.embedding : .head
    head = hasHead ? try reader.linear(map.model, headRole, bias: .headBias) : nil
    byteCount = reader.entries.values.reduce(0) { $0 + ($1.byteCount ?? 0) }
  }
}
