import Synchronization
package import Wire

/// What this worker gives to others: parts of the coordinator's model, out of its own file of it or of the cache. Any
/// thread.
///
/// Fetchers compare what comes with its hash, so nothing is verified here; what is not here is refused.
package final class LocalBlobs: BlobSource {
  private struct Place {
    let path: String
    let offset: Int
  }

  private struct Stock {
    let manifest: ContentID
    let byteCounts: [ContentID: Int]
    /// In a file of the model; all else is looked for in the store.
    var places: [ContentID: Place] = [:]
    let store: BlobStore?
  }

  private let stock = Mutex<Stock?>(nil)
  private let disk: any Disk

  package init(disk: any Disk = PosixDisk()) { self.disk = disk }

  /// From now on gives out what the manifest lists and is here.
  package func offer(_ manifest: BlobStore.StoredManifest, store: BlobStore?) {
    guard stock.withLock({ $0?.manifest }) != manifest.id else { return }
    let contents = manifest.manifest.files.map(\.header) + manifest.manifest.tensors.map(\.content)
    let byteCounts = Dictionary(contents.map { ($0.id, $0.byteCount) }) { first, _ in first }
    stock.withLock { $0 = Stock(manifest: manifest.id, byteCounts: byteCounts, store: store) }
  }

  /// A model's files on this machine have been found to be the manifest's, in what was needed of them.
  package func offer(_ model: ModelContents, of manifest: BlobStore.StoredManifest) {
    var places: [ContentID: Place] = [:]
    for (file, listed) in zip(model.files, manifest.manifest.files) {
      places[listed.header.id] = Place(path: file.path, offset: 0)
    }
    let contents = Dictionary(manifest.manifest.tensors.map { ($0.name, $0.content) }) { first, _ in first }
    for tensor in model.tensors {
      guard let content = contents[tensor.name], content.byteCount == tensor.byteCount else { continue }
      places[content.id] = Place(path: model.files[tensor.fileIndex].path, offset: tensor.offset)
    }
    stock.withLock { [places] in if $0?.manifest == manifest.id { $0?.places = places } }
  }

  package func reader(of range: ContentRange) throws(BlobSourceError) -> BlobReader {
    guard let stock = stock.withLock({ $0 }), let byteCount = stock.byteCounts[range.content] else {
      throw .unknown(range.content)
    }
    _ = try range.end(within: byteCount)
    guard
      let place = stock.places[range.content]
        ?? stock.store.map({ Place(path: $0.path(of: range.content), offset: 0) })
    else { throw .unknown(range.content) }
    return BlobReader { [disk] buffer in
      let descriptor = try disk.open(place.path, .reading)
      defer { disk.close(descriptor) }
      let count = try disk.read(descriptor, at: place.offset + range.offset, into: buffer, path: place.path)
      guard count == buffer.count else { throw BlobSourceError.unknown(range.content) }
    }
  }
}
