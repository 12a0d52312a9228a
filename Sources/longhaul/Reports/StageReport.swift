import Cluster
import Core

/// The layers of one worker.
struct StageReport: Encodable, Sendable {
  let worker: String
  /// Half-open: first layer, and one past the last.
  let layers: [Int]
  let hasEmbedding: Bool
  let hasHead: Bool
  let weightBytes: Int
  let kvBytes: Int

  init(_ share: StagePlacement) {
    worker = share.worker
    layers = [share.layers.lower, share.layers.upper]
    hasEmbedding = share.hasEmbedding
    hasHead = share.hasHead
    weightBytes = share.weightByteCount
    kvBytes = share.kvByteCount
  }

  /// The stage in one line of text.
  var line: String {
    let parts = [hasEmbedding ? "embedding" : nil, "layers \(layers[0])..<\(layers[1])", hasHead ? "head" : nil]
    return "\(worker): \(parts.compactMap { $0 }.joined(separator: " + ")), weights "
      + "\(ByteText.of(weightBytes)), KV \(ByteText.of(kvBytes))"
  }
}
