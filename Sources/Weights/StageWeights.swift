package import Inference
package import Tensors

/// The weights of one stage, packed for its matrix products: its own layers, and the embedding and head where it has
/// them. No byte of another stage is touched.
///
/// Packed weights lie in one piece of memory that belongs to this; the file's pages are given back. Only the embedding
/// stays in the mapped file, whose rows are looked up one at a time. Every `PackedMatrix` is valid as long as this
/// lives. Immutable, for any thread.
package final class StageWeights: Sendable {
  package let range: LayerRange
  /// One a layer, the first being layer `range.lower`.
  package let layers: [LayerWeights<PackedMatrix>]
  /// `[vocabulary, hidden]`, on the first stage.
  package let embedding: WeightMatrix?
  /// `[hidden]`, on the last stage.
  package let outputNorm: [Float]?
  /// `[vocabulary, hidden]`, on the last stage; the embedding table where the head is tied.
  package let head: PackedMatrix?
  /// Bytes of this stage's tensors in the file, each counted once.
  package let byteCount: Int
  /// Bytes of memory that packed weights take.
  package var packedByteCount: Int { memory.count }

  private let memory: AlignedBuffer<UInt8>

  /// Reads and packs all of the stage's matrices, so that the first request does not wait for the disk.
  ///
  /// Blocks on the disk: call it on a thread that may.
  /// - Parameters:
  ///   - pool: whose threads share the packing; the caller works alone where there is none.
  ///   - progress: given the share done, ascending, at the end 1; what it throws ends the work.
  /// - Throws: `CheckpointError` when the checkpoint is no model that can be computed, has not these layers, or when
  ///   a norm is not finite; `AllocationError` when there is not enough memory; what `progress` throws.
  package init(
    _ checkpoint: Checkpoint, layers range: LayerRange, hasEmbedding: Bool, hasHead: Bool, pool: ComputePool? = nil,
    progress: (Double) throws -> Void = { _ in }
  ) throws {
    let file = checkpoint.file
    let map = try checkpoint.tensorMap
    guard range.upper <= map.layers.count else {
      throw CheckpointError.invalid(
        file.fileNames[0], nil, "has \(map.layers.count) layers, and layers \(range) were asked for")
    }
    var reader = StageReader(file: file)
    var layers: [LayerWeights<WeightMatrix>] = []
    for layer in range.indices { layers.append(try reader.layer(map.layers[layer])) }
    self.range = range
    self.embedding = hasEmbedding ? try reader.matrix(map.model, .embedding) : nil
    self.outputNorm = hasHead ? try reader.vector(map.model, .outputNorm) : nil
    let headRole = map.model[.head] == nil ? TensorRole.embedding : .head
    let head = hasHead ? try reader.matrix(map.model, headRole) : nil
    self.byteCount = reader.entries.values.reduce(0) { $0 + ($1.byteCount ?? 0) }

    var packing = WeightPacking()
    let placed = layers.map { $0.map { packing.place($0) } }
    let placedHead = head.map { packing.place($0) }
    memory = try AlignedBuffer(count: packing.byteCount)
    let base = UnsafeMutableRawPointer(memory.baseAddress)
    self.layers = placed.map { $0.map { $0.packed(at: base) } }
    self.head = placedHead?.packed(at: base)
    try packing.pack(into: base, pool: pool, progress: progress)
  }
}
