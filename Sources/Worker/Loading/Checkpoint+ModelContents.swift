package import WeightDistribution
package import Weights

extension Checkpoint {
  /// The files and tensors that a coordinator serves to workers.
  package var modelContents: ModelContents {
    ModelContents(
      files: contents.map {
        .init(name: $0.name, path: $0.path, byteCount: $0.byteCount, headerByteCount: $0.headerByteCount)
      },
      tensors: tensors.compactMap { entry in
        entry.byteCount.map {
          .init(name: entry.name, fileIndex: entry.fileIndex, offset: entry.offset, byteCount: $0)
        }
      })
  }
}
