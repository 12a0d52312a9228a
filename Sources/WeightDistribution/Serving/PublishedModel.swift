import Foundation
import Synchronization
package import Wire

/// A model that a coordinator gives out: its manifest, made once and kept beside the files' identity (paths, sizes and
/// times), and the bytes that the manifest lists.
///
/// Any thread. It knows nothing of who asks: a transfer has no state here but the open files.
package final class PublishedModel: BlobSource {
  private enum State {
    case making(hashed: Int)
    case ready(Shelf)
    case failed(String)
  }

  /// What is given out, by content id.
  private struct Shelf {
    enum Place {
      case stretch(ModelContents.Stretch)
      case manifest
    }

    let manifest: BlobStore.StoredManifest
    let places: [ContentID: Place]
  }

  private let files: ModelFiles
  private let cache: BlobStore?
  private let byteCount: Int
  private let state = Mutex<State>(.making(hashed: 0))
  private let cancellation = Cancellation()
  private let note: @Sendable (String) -> Void

  /// Opens the files, so that later changes do not matter.
  /// - Parameters:
  ///   - cache: where manifests are kept; nil keeps none.
  ///   - note: given what is worth a line in the log.
  /// - Throws: `DiskError`, or `BlobSourceError` when a file has changed since its header was read.
  package init(
    _ contents: ModelContents, cache: BlobStore?, disk: any Disk = PosixDisk(),
    note: @escaping @Sendable (String) -> Void
  ) throws {
    files = try ModelFiles(contents, disk: disk)
    byteCount = max(1, contents.stretches.reduce(0) { $0 + $1.byteCount })
    self.cache = cache
    self.note = note
  }

  /// Makes the manifest, or finds it in the cache, on a thread of its own.
  package func prepare(threadCount: Int) {
    let thread = Thread { [self] in make(threadCount: threadCount) }
    thread.name = "manifest"
    thread.start()
  }

  /// Ends `prepare` early.
  package func stop() { cancellation.cancel() }

  /// How far the manifest is.
  package var news: ManifestNews {
    state.withLock { state in
      switch state {
      case .making(let hashed): .inTheMaking(min(1, Double(hashed) / Double(byteCount)))
      case .ready(let shelf): .ready(shelf.manifest.id, byteCount: shelf.manifest.bytes.count)
      case .failed(let reason): .failed(reason)
      }
    }
  }

  /// Checks that the bytes are part of the model or its manifest, without touching the disk.
  package func reader(of range: ContentRange) throws(BlobSourceError) -> BlobReader {
    guard case .ready(let shelf) = state.withLock({ $0 }), let place = shelf.places[range.content] else {
      throw .unknown(range.content)
    }
    let byteCount =
      switch place {
      case .stretch(let stretch): stretch.byteCount
      case .manifest: shelf.manifest.bytes.count
      }
    let end = try range.end(within: byteCount)
    switch place {
    case .manifest:
      return BlobReader { $0.copyBytes(from: shelf.manifest.bytes[range.offset..<end]) }
    case .stretch(let stretch):
      return BlobReader { [files] buffer in
        try files.read(fileIndex: stretch.fileIndex, offset: stretch.offset + range.offset, into: buffer)
      }
    }
  }

  // MARK: Its own thread

  private func make(threadCount: Int) {
    do {
      let identity = files.identity
      if let kept = cache?.manifest(named: identity), let hashes = files.contents.hashes(in: kept.manifest) {
        return publish(kept, hashes)
      }
      note("hashing the model, once: \(byteCount) bytes")
      let maker = ManifestMaker(files: files, threadCount: threadCount, cancellation: cancellation) { [self] count in
        state.withLock { if case .making(let hashed) = $0 { $0 = .making(hashed: hashed + count) } }
      }
      let hashes = try maker.hashes()
      guard let bytes = files.contents.manifest(hashes: hashes)?.encoded(),
        let manifest = BlobStore.StoredManifest(bytes: bytes)
      else { throw BlobSourceError.changed(files.contents.files[0].name) }
      do {
        try cache?.keep(manifest, named: identity)
      } catch {
        note("the manifest is not kept, and made again next time: \(error)")
      }
      publish(manifest, hashes)
    } catch is Cancelled {
      state.withLock { $0 = .failed("the coordinator is stopping") }
    } catch {
      state.withLock { $0 = .failed("\(error)") }
      note("weights are not given out: \(error)")
    }
  }

  private func publish(_ manifest: BlobStore.StoredManifest, _ hashes: [HashedContent]) {
    var places = Dictionary(
      zip(hashes.map(\.id), files.contents.stretches.map(Shelf.Place.stretch)), uniquingKeysWith: { first, _ in first })
    places[manifest.id] = .manifest
    state.withLock { [places] in $0 = .ready(Shelf(manifest: manifest, places: places)) }
  }
}
