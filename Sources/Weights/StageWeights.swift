package import Inference
import Synchronization
import Tensors

/// The weights of one stage: views of its own layers, and of the embedding and head where it has them. Only
/// norms are read on making one; matrices stay in the mapped file, and no byte of another stage is touched.
///
/// Owns the mappings: every `WeightMatrix` is valid as long as this lives. Immutable, for any thread.
package final class StageWeights: Sendable {
  package let range: LayerRange
  /// One a layer, the first being layer `range.lower`.
  package let layers: [LayerWeights]
  /// `[vocabulary, hidden]`, on the first stage.
  package let embedding: WeightMatrix?
  /// `[hidden]`, on the last stage.
  package let outputNorm: [Float]?
  /// `[vocabulary, hidden]`, on the last stage; the embedding table where the head is tied.
  package let head: WeightMatrix?
  /// Bytes of this stage's tensors, each counted once.
  package let byteCount: Int

  private let files: [MappedFile]
  private let extents: [Extent]
  /// Where prefetching leaves what it read, so that its reads cannot be optimized away.
  private let lastTouched = Atomic<UInt8>(0)

  private struct Extent: Sendable {
    let fileIndex: Int
    let bytes: Range<Int>
  }

  /// - Throws: `CheckpointError` when the checkpoint is no model that can be computed, has not these layers,
  ///   or when a norm is not finite.
  package init(
    _ checkpoint: Checkpoint, layers range: LayerRange, hasEmbedding: Bool, hasHead: Bool
  ) throws(CheckpointError) {
    let file = checkpoint.file
    let map = try checkpoint.tensorMap
    guard range.upper <= map.layers.count else {
      throw .invalid(
        file.fileNames[0], nil, "has \(map.layers.count) layers, and layers \(range) were asked for")
    }
    var reader = StageReader(file: file)
    var layers: [LayerWeights] = []
    for layer in range.indices { layers.append(try reader.layer(map.layers[layer])) }
    self.range = range
    self.layers = layers
    self.embedding = hasEmbedding ? try reader.matrix(map.model, .embedding) : nil
    self.outputNorm = hasHead ? try reader.vector(map.model, .outputNorm) : nil
    let headRole = map.model[.head] == nil ? TensorRole.embedding : .head
    self.head = hasHead ? try reader.matrix(map.model, headRole) : nil
    self.files = file.files
    let extents = reader.entries.values.map { entry in
      Extent(
        fileIndex: entry.fileIndex, bytes: entry.offset..<entry.offset + (entry.byteCount ?? 0))
    }
    self.extents = extents.sorted {
      ($0.fileIndex, $0.bytes.lowerBound) < ($1.fileIndex, $1.bytes.lowerBound)
    }
    self.byteCount = extents.reduce(0) { $0 + $1.bytes.count }
  }

  /// Reads all of this stage's bytes into memory, in file order, so that the first request does not wait for
  /// the disk.
  ///
  /// Blocks on the disk: call it on a thread that may. `progress` is given the share done, ascending, at the
  /// end 1; what it throws ends the work.
  package func prefetch(progress: (Double) throws -> Void) rethrows {
    var done = 0
    for extent in extents {
      let file = files[extent.fileIndex]
      file.advise(extent.bytes, .willNeed)
      for start in stride(from: extent.bytes.lowerBound, to: extent.bytes.upperBound, by: Self.prefetchStep) {
        let end = min(start + Self.prefetchStep, extent.bytes.upperBound)
        touch(file, start..<end)
        done += end - start
        if done < byteCount { try progress(Double(done) / Double(byteCount)) }
      }
    }
    try progress(1)
  }

  /// Bytes read between two calls of `progress`.
  private static let prefetchStep = 8 << 20

  /// Reads a byte of every page. Safety: the range was checked against the file when its header was read.
  private func touch(_ file: MappedFile, _ range: Range<Int>) {
    var sum: UInt8 = 0
    for offset in stride(from: range.lowerBound, to: range.upperBound, by: 4096) {
      sum ^= file.bytes[offset]
    }
    sum ^= file.bytes[range.upperBound - 1]
    lastTouched.store(sum, ordering: .relaxed)
  }
}
