package import Core
package import Tensors

/// The weights of one stage, packed for its matrix products: its own layers, and the embedding and head where it has
/// them. No byte of another stage is touched.
///
/// Packed weights lie in one piece of memory that belongs to this; the file's pages are given back. Only the embedding
/// and the table of layers' own inputs stay in the mapped file, whose rows are looked up one at a time, and, where
/// memory is slow to come, whatever `packMore` has not packed yet: `requireIntact` says whether what was read there is
/// the model's. Every `PackedMatrix` is valid as long as this lives and until it packs more.
///
/// Belongs to one thread once it is made.
package final class StageWeights {
  package let range: LayerRange
  /// One a layer, the first being layer `range.lower`.
  package private(set) var layers: [LayerWeights<PackedMatrix>]
  /// `[vocabulary, hidden]`, on the first stage, and on all where layers have inputs of their own.
  package let embedding: WeightMatrix?
  /// `[hidden]`, on the last stage.
  package let outputNorm: NormWeights?
  /// `[vocabulary, hidden]`, on the last stage; the embedding table where the head is tied.
  package private(set) var head: Linear<PackedMatrix>?
  /// Bytes of this stage's tensors in the file, each counted once.
  package let byteCount: Int
  /// Bytes of memory that packed weights take, or will.
  package var packedByteCount: Int { memory.count }
  /// All matrices that are multiplied by.
  package var matrices: [PackedMatrix] { layers.flatMap(\.matrices) + [head?.weight].compactMap { $0 } }
  /// Bytes of the file that products read because they are not packed yet.
  package var unpackedByteCount: Int { packing.waitingByteCount }
  /// Whether no product reads the file any more.
  package var isPacked: Bool { packing.isDone }

  /// Why the weights cannot be used any more: their file was written to while it was needed.
  package private(set) var failure: CheckpointError?

  private let source: CheckpointFiles
  private let memory: AlignedBuffer<UInt8>
  private var packing: WeightPacking
  private let places: (layers: [LayerWeights<PackedPlace>], head: Linear<PackedPlace>?)

  /// Reads and packs the stage's matrices, so that the first request does not wait for the disk.
  ///
  /// Blocks on the disk: call it on a thread that may.
  /// - Parameters:
  ///   - pool: whose threads share the packing; the caller works alone where there is none.
  ///   - pace: when to leave the rest in the file, read but not packed, because memory is slow; nil packs all.
  ///   - progress: given the share done, ascending, at the end 1; what it throws ends the work.
  /// - Throws: `AllocationError` when there is not enough memory; `CheckpointError` when the file changed meanwhile;
  ///   what `progress` throws.
  package init(
    _ tensors: StageTensors, pool: ComputePool? = nil, pace: AllocationMonitor? = nil,
    progress: (Double) throws -> Void = { _ in }
  ) throws {
    (range, embedding, outputNorm) = (tensors.range, tensors.embedding, tensors.outputNorm)
    byteCount = tensors.byteCount
    source = tensors.source
    var packing = WeightPacking()
    places = (tensors.layers.map { $0.map { packing.place($0) } }, tensors.head.map { $0.map { packing.place($0) } })
    packing.begin()
    memory = try AlignedBuffer(count: packing.byteCount)
    var measured = pace ?? AllocationMonitor()
    while !packing.isDone, pace == nil || !measured.isSlow || !packing.isReadable {
      if packing.advance(into: memory, pool: pool, pace: &measured), !packing.isDone { try progress(packing.share) }
    }
    try packing.readWaiting(pool: pool, progress: progress)
    self.packing = packing
    (layers, head) = ([], nil)
    takeViews()
    try source.requireUnchanged()
    try progress(1)
  }

  /// Reads and packs a stage of a checkpoint.
  /// - Throws: what `StageTensors` throws, too.
  package convenience init(
    _ checkpoint: Checkpoint, layers range: LayerRange, hasEmbedding: Bool, hasHead: Bool, pool: ComputePool? = nil,
    pace: AllocationMonitor? = nil, progress: (Double) throws -> Void = { _ in }
  ) throws {
    let tensors = try StageTensors(checkpoint, layers: range, hasEmbedding: hasEmbedding, hasHead: hasHead)
    try self.init(tensors, pool: pool, pace: pace, progress: progress)
  }

  /// Packs more of what is still in the file, for about as long as `limit` says and at least one piece, and tells after
  /// each; every `PackedMatrix` taken before is void then.
  package func packMore(for limit: Duration, pool: ComputePool, progress: () -> Void) {
    let end = ContinuousClock.now + limit
    var hasNews = false
    var pace = AllocationMonitor()
    repeat {
      if packing.advance(into: memory, pool: pool, pace: &pace) { hasNews = true }
      progress()
    } while !packing.isDone && ContinuousClock.now < end
    if hasNews { takeViews() }
    noteChange()
  }

  /// To be called when rows were computed, before they are used.
  /// - Throws: `failure`, when the file they were read from has changed. Once so, it stays so.
  package func requireIntact() throws(CheckpointError) {
    if embedding != nil || !isPacked { noteChange() }
    if let failure { throw failure }
  }

  private func noteChange() {
    do throws(CheckpointError) {
      try source.requireUnchanged()
    } catch {
      failure = error
    }
  }

  private func takeViews() {
    layers = places.layers.map { $0.map { packing.matrix($0, in: memory) } }
    head = places.head.map { $0.map { packing.matrix($0, in: memory) } }
  }
}
