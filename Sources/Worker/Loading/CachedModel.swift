import Core
import WeightDistribution
import Weights
import Wire

/// A model as the cache has it: headers and tensors, each in a file named by its content.
struct CachedModel {
  typealias Part = (name: String, content: HashedContent)

  let manifest: ModelManifest
  let store: BlobStore
  private let contents: [String: HashedContent]

  init(manifest: ModelManifest, store: BlobStore) {
    self.manifest = manifest
    self.store = store
    contents = Dictionary(manifest.tensors.map { ($0.name, $0.content) }) { first, _ in first }
  }

  /// Tensors by their hashes.
  /// - Throws: `StageLoadError` for one that the manifest does not list as its header does.
  func parts(_ extents: [TensorExtent]) throws -> [Part] {
    try extents.map { extent in
      guard let content = contents[extent.name], content.byteCount == extent.byteCount else {
        throw StageLoadError.notListed(tensor: extent.name)
      }
      return (extent.name, content)
    }
  }

  /// The model, with only these parts of it: their files and those of all headers must be in the cache.
  /// - Parameter rope: in place of the scaling that the files state.
  /// - Throws: `CheckpointError`.
  func checkpoint(_ parts: [Part], rope: RopeOverride? = nil) throws -> Checkpoint {
    try Checkpoint(
      headers: manifest.files.map {
        StoredHeader(name: $0.name, path: store.path(of: $0.header.id), fileByteCount: $0.byteCount)
      },
      tensors: parts.map { StoredTensor(name: $0.name, path: store.path(of: $0.content.id)) },
      rope: rope)
  }
}
