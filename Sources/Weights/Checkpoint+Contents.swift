package import Core
import Tensors

/// The header of one of a checkpoint's files, in a file of its own.
package struct StoredHeader: Hashable, Sendable {
  /// The checkpoint file's, for messages.
  package let name: String
  /// Where the header is stored.
  package let path: String
  /// Bytes of the whole file.
  package let fileByteCount: Int

  package init(name: String, path: String, fileByteCount: Int) {
    self.name = name
    self.path = path
    self.fileByteCount = fileByteCount
  }
}

/// A tensor's bytes in a file of their own.
package struct StoredTensor: Hashable, Sendable {
  package let name: String
  package let path: String

  package init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

/// One of a checkpoint's files, for the server of its bytes.
package struct CheckpointFile: Hashable, Sendable {
  package let name: String
  package let path: String
  package let byteCount: Int
  /// Bytes before the first tensor's.
  package let headerByteCount: Int
}

extension Checkpoint {
  /// The files it consists of, in order. A tensor's `fileIndex` counts them.
  package var contents: [CheckpointFile] {
    file.parts.map {
      CheckpointFile(name: $0.name, path: $0.file.path, byteCount: $0.byteCount, headerByteCount: $0.headerByteCount)
    }
  }

  /// All that lies in the files beside their headers.
  package var extents: [TensorExtent] { file.extents }

  /// What says how the model is shaped, beside the headers. Throws when the architecture is not known.
  package var shapingExtents: [TensorExtent] {
    get throws(CheckpointError) { try shapingTensors.flatMap { file.extents(of: $0) } }
  }

  /// What a stage needs, each extent once, in the files' order. Throws as `configuration` does, and when there are no
  /// such layers.
  package func extents(
    layers range: LayerRange, hasEmbedding: Bool, hasHead: Bool
  ) throws(CheckpointError) -> [TensorExtent] {
    let map = try tensorMap
    guard range.upper <= map.layers.count else {
      throw .invalid(fileNames[0], nil, "has \(map.layers.count) layers, and layers \(range) were asked for")
    }
    var needed = try shapingTensors
    var parts = range.indices.flatMap { Array(map.layers[$0].values) }
    let perLayer = [.perLayerEmbedding, .perLayerProjection, .perLayerProjectionNorm].compactMap { map.model[$0] }
    // Every stage looks tokens up for its layers' own inputs.
    if hasEmbedding || !perLayer.isEmpty { parts += [map.model[.embedding]].compactMap { $0 } + perLayer }
    if hasHead {
      parts += [.outputNorm, .outputNormBias, .headBias].compactMap { map.model[$0] }
      parts += [map.model[.head] ?? map.model[.embedding]].compactMap { $0 }
    }
    needed += parts.map(\.entry)
    var seen: Set<String> = []
    return needed.flatMap { file.extents(of: $0) }.sorted { ($0.fileIndex, $0.offset) < ($1.fileIndex, $1.offset) }
      .filter { seen.insert($0.name).inserted }
  }
}
