package import WeightDistribution
package import Weights

extension Checkpoint {
  /// The files and tensors that a coordinator serves to workers.
  package var modelContents: ModelContents {
    ModelContents(
      files: contents.map {
        .init(name: $0.name, path: $0.path, byteCount: $0.byteCount, headerByteCount: $0.headerByteCount)
      },
      tensors: extents.map {
        .init(name: $0.name, fileIndex: $0.fileIndex, offset: $0.offset, byteCount: $0.byteCount)
      })
  }
}
