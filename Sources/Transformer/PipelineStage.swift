import Attention
import CKernels
package import Core
package import Paging
package import Tensors
package import Weights

/// One pipeline stage: optional embedding, the decoder layers of its range, optional head.
///
/// Owner and thread: the worker's compute thread alone calls it; inside, the pool's threads share the work.
/// Nothing is allocated in `forward`.
package final class PipelineStage {
  package let configuration: ModelConfiguration
  private let store: KVPageStore
  private let weights: StageWeights
  private let scratch: ForwardScratch
  /// The shapes of this stage's layers.
  private let layers: [LayerShape]
  private let layer: DecoderLayer
  private let attention: SelfExtendAttention
  private let pool: ComputePool
  private let product: MatrixProduct
  /// `[logitRowCapacity, vocabularySize]`; only where there is a head.
  private let logitRows: AlignedBuffer<Float>
  /// `[logitRowCapacity, hiddenSize]`
  private let headInput: AlignedBuffer<Float>

  /// Rows the head computes at a time.
  package static let logitRowCapacity = StageScratch.logitRowCapacity

  /// - Parameters:
  ///   - pageCount: KV pages of every layer.
  ///   - contextLength: positions a sequence may reach.
  ///   - rowCapacity: tokens a step may carry.
  /// - Throws: when memory is not available.
  package init(
    configuration: ModelConfiguration, weights: StageWeights, pageCount: Int, kvElementType: KVElementType,
    attention arithmetic: AttentionArithmetic = .exact, contextLength: Int, rowCapacity: Int, pool: ComputePool
  ) throws {
    self.configuration = configuration
    self.weights = weights
    self.pool = pool
    layers = Array(configuration.layers[weights.range.indices])
    let shapes = layers.map(\.attention)
    store = try KVPageStore(
      layers: shapes, elementType: kvElementType, pageCount: pageCount, isNodeLocal: pool.nodeCount > 1)
    let hiddenSize = configuration.hiddenSize
    scratch = try ForwardScratch(
      StepWidths(layers: layers, hiddenSize: hiddenSize), rowCapacity: rowCapacity)
    product = try MatrixProduct(
      pool: pool,
      inputs: InputSize.all(of: layers, hiddenSize: hiddenSize, rowCapacity: rowCapacity),
      unpacked: weights.matrices.filter { $0.unpacked != nil })
    attention = try SelfExtendAttention(
      layers: shapes, store: store, contextLength: contextLength, arithmetic: arithmetic, pool: pool)
    let norm = Norm(scratch: scratch, hiddenSize: hiddenSize, pool: pool)
    let residual = Residual(scratch: scratch, hiddenSize: hiddenSize, pool: pool)
    layer = DecoderLayer(
      norm: norm,
      attention: AttentionBlock(scratch: scratch, product: product, attention: attention, pool: pool),
      feedForward: FeedForward(scratch: scratch, product: product, hiddenSize: hiddenSize, pool: pool),
      residual: residual,
      perLayerInput: PerLayerInput(
        scratch: scratch, product: product, norm: norm, residual: residual, hiddenSize: hiddenSize, pool: pool))
    let headRowCount = weights.head == nil ? 0 : Self.logitRowCapacity
    logitRows = try AlignedBuffer(count: headRowCount * configuration.vocabularySize)
    headInput = try AlignedBuffer(count: headRowCount * configuration.hiddenSize)
  }

  /// Bytes of its KV pages.
  package var kvByteCount: Int { store.byteCount }

  /// Bytes of what `StageScratch` counts.
  package var scratchByteCount: Int {
    scratch.byteCount + product.byteCount + logitRows.byteCount + headInput.byteCount + attention.tableByteCount
  }

  /// Whether all weights are packed. Until then steps pack as they go, which takes longer.
  package var isPacked: Bool { weights.isPacked }

  /// Packs more of the weights, for about as long as `limit` says, and tells after each piece. Between steps.
  package func packMore(for limit: Duration, progress: () -> Void = {}) {
    guard !weights.isPacked else { return }
    weights.packMore(for: limit, pool: pool, progress: progress)
    if weights.isPacked { product.noteAllPacked() }
  }

  /// Whether the stage's weights are the model's; not any more when their file was written to while it was needed.
  package var isIntact: Bool { weights.failure == nil }

  /// To be called when rows were computed, before they are used.
  /// - Throws: `CheckpointError` when `isIntact` no longer holds.
  package func requireIntact() throws(CheckpointError) { try weights.requireIntact() }

  /// The step's hidden states, which `forward` replaces in place: `[rowCapacity, hiddenSize]`.
  package var hidden: UnsafeMutablePointer<Float> { scratch.hidden.baseAddress }

  /// Looks token `token` up into row `row` of `hidden`. First stage only; the id must be in the vocabulary.
  package func embed(_ token: TokenID, row: Int) {
    take(token, row: row)
    lookUp(token, into: scratch.hidden.baseAddress, row: row)
  }

  /// Notes the token of row `row` for what layers make of tokens themselves, where they do; its hidden states are
  /// another stage's. The id must be in the vocabulary.
  package func take(_ token: TokenID, row: Int) {
    guard scratch.tokens.count > 0 else { return }
    lookUp(token, into: scratch.embedded.baseAddress, row: row)
    scratch.tokens.baseAddress[row] = token
  }

  private func lookUp(_ token: TokenID, into rows: UnsafeMutablePointer<Float>, row: Int) {
    guard let embedding = weights.embedding else { preconditionFailure("the stage has no embedding") }
    precondition(token >= 0 && Int(token) < embedding.rowCount, "token id out of the vocabulary")
    precondition(row >= 0 && row < scratch.rowCapacity, "row out of the step")
    guard let table = embedding.bytes.baseAddress else { return }
    let target = rows + row * configuration.hiddenSize
    let size = Int64(configuration.hiddenSize)
    lh_dequantize(embedding.type.kernelType, table + Int(token) * embedding.rowByteCount, target, size)
    if configuration.embeddingScale != 1 { lh_scale(target, configuration.embeddingScale, size) }
  }

  /// Runs the first `rows` rows of `hidden` through this stage's layers; every row's token was embedded or taken.
  ///
  /// - Parameters:
  ///   - entries: cover the rows in order; their caches are already extended over them.
  ///   - progress: called after each layer.
  package func forward(entries: [CacheEntry], rows: Int, progress: () -> Void) {
    precondition(rows <= scratch.rowCapacity, "more rows than a step may carry")
    for (index, layerWeights) in weights.layers.enumerated() {
      layer.forward(layer: index, shape: layers[index], weights: layerWeights, entries: entries, rows: rows)
      progress()
    }
  }

  /// Restores the neighbor view of a sequence's key blocks after its cache was truncated.
  package func restoreNeighborKeys(of cache: SequenceCache, blocks: Range<Int>) {
    attention.restoreNeighborKeys(of: cache, blocks: blocks)
  }

  /// Whether these rows of hidden states are all finite; they must be rows of the last `forward`.
  package func isFinite(_ rows: Range<Int>) -> Bool {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= scratch.rowCapacity, "rows out of the step")
    return lh_all_finite(
      scratch.hidden.baseAddress + rows.lowerBound * configuration.hiddenSize,
      Int64(rows.count * configuration.hiddenSize))
  }

  /// Whether a row of logits is all finite.
  package static func isFinite(_ row: UnsafeBufferPointer<Float>) -> Bool {
    lh_all_finite(row.baseAddress, Int64(row.count))
  }

  /// Writes a row of the last `forward`, normalized as for the head, to `target`. Last stage only.
  package func finish(row: Int, into target: UnsafeMutablePointer<Float>) {
    guard let norm = weights.outputNorm else { preconditionFailure("only the last stage has a head") }
    precondition(row >= 0 && row < scratch.rowCapacity, "row out of the step")
    configuration.outputNorm.apply(
      to: scratch.hidden.baseAddress + row * configuration.hiddenSize, norm, into: target)
  }

  /// Logits of up to `logitRowCapacity` rows of the last `forward`, in the order given. Last stage only. Shape
  /// `[rows.count, vocabularySize]`, valid until the next call.
  package func logits(rows: ArraySlice<Int>) -> UnsafePointer<Float> {
    guard let head = weights.head else { preconditionFailure("only the last stage has a head") }
    precondition(rows.count <= Self.logitRowCapacity, "more rows than the head takes at a time")
    for (index, row) in rows.enumerated() {
      finish(row: row, into: headInput.baseAddress + index * configuration.hiddenSize)
    }
    product(
      headInput.baseAddress, rows: rows.count,
      MatrixProduct.Term(linear: head, output: logitRows.baseAddress))
    finishLogits(count: rows.count * configuration.vocabularySize)
    return UnsafePointer(logitRows.baseAddress)
  }

  /// Scales and caps the first `count` logits, where the model does.
  private func finishLogits(count: Int) {
    let (scale, cap, logits) = (configuration.logitScale, configuration.logitCap, logitRows.baseAddress)
    guard scale != 1 || cap != nil else { return }
    pool.forEachSlice(of: count, granularity: 1024) { slice, _ in
      if scale != 1 { lh_scale(logits + slice.lowerBound, scale, Int64(slice.count)) }
      if let cap { lh_soft_cap(logits + slice.lowerBound, cap, Int64(slice.count)) }
    }
  }
}
