import Provisioning
import Synchronization
import Weights
import Wire

/// What this worker can give to others: parts of the coordinator's model, out of its own file of it or of the cache.
///
/// Whoever fetches compares what comes with its hash, so nothing is verified here; what is not to be had is refused.
final class HeldWeights: ContentShelf {
  private struct Place {
    let path: String
    let offset: Int
  }

  private struct Stock {
    let manifest: ContentID
    let byteCounts: [ContentID: Int]
    /// In a file of the model; all else is looked for in the cache.
    var places: [ContentID: Place] = [:]
    let cache: WeightCache?
  }

  private let stock = Mutex<Stock?>(nil)
  private let disk: any Disk

  init(disk: any Disk = PosixDisk()) { self.disk = disk }

  /// From now on gives out what the manifest lists and is here.
  func offer(_ manifest: WeightCache.StoredManifest, cache: WeightCache?) {
    guard stock.withLock({ $0?.manifest }) != manifest.id else { return }
    let contents = manifest.manifest.files.map(\.header) + manifest.manifest.tensors.map(\.content)
    let byteCounts = Dictionary(contents.map { ($0.id, $0.byteCount) }) { first, _ in first }
    stock.withLock { $0 = Stock(manifest: manifest.id, byteCounts: byteCounts, cache: cache) }
  }

  /// A file of this machine has been found to be the model's, in what was needed of it.
  func offer(_ checkpoint: Checkpoint, of manifest: WeightCache.StoredManifest) {
    let files = checkpoint.contents
    var places: [ContentID: Place] = [:]
    for (file, listed) in zip(files, manifest.manifest.files) {
      places[listed.header.id] = Place(path: file.path, offset: 0)
    }
    let contents = Dictionary(manifest.manifest.tensors.map { ($0.name, $0.content) }) { first, _ in first }
    for entry in checkpoint.tensors {
      guard let content = contents[entry.name], content.byteCount == entry.byteCount else { continue }
      places[content.id] = Place(path: files[entry.fileIndex].path, offset: entry.offset)
    }
    stock.withLock { [places] in if $0?.manifest == manifest.id { $0?.places = places } }
  }

  func reader(of range: ContentRange) throws(SharingError) -> ContentReader {
    guard let stock = stock.withLock({ $0 }), let byteCount = stock.byteCounts[range.content] else {
      throw .unknown(range.content)
    }
    _ = try range.end(within: byteCount)
    guard
      let place = stock.places[range.content]
        ?? stock.cache.map({ Place(path: $0.path(of: range.content), offset: 0) })
    else { throw .unknown(range.content) }
    return ContentReader { [disk] buffer in
      let descriptor = try disk.open(place.path, .reading)
      defer { disk.close(descriptor) }
      let count = try disk.read(descriptor, at: place.offset + range.offset, into: buffer, path: place.path)
      guard count == buffer.count else { throw SharingError.unknown(range.content) }
    }
  }
}
