package import Wire

/// A model's files held open, so that what is read stays one version of them even when another takes their names.
final class ModelFiles: Sendable {
  let contents: ModelContents
  let disk: any Disk
  private let descriptors: [Int32]
  /// What the files were when they were opened.
  let statuses: [FileStatus]

  /// - Throws: `DiskError`; `BlobSourceError` when a file has changed since its header was read.
  init(_ contents: ModelContents, disk: any Disk) throws {
    self.contents = contents
    self.disk = disk
    var descriptors: [Int32] = []
    var statuses: [FileStatus] = []
    do {
      for file in contents.files {
        let descriptor = try disk.open(file.path, .reading)
        descriptors.append(descriptor)
        let status = try disk.status(of: descriptor, path: file.path)
        guard status.byteCount == file.byteCount else { throw BlobSourceError.changed(file.name) }
        statuses.append(status)
      }
    } catch {
      descriptors.forEach(disk.close)
      throw error
    }
    self.descriptors = descriptors
    self.statuses = statuses
  }

  deinit { descriptors.forEach(disk.close) }

  /// Fills `buffer` from a place in one of the files.
  /// - Throws: `DiskError`; `BlobSourceError` when the file has become shorter.
  func read(fileIndex: Int, offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    let file = contents.files[fileIndex]
    guard try disk.read(descriptors[fileIndex], at: offset, into: buffer, path: file.path) == buffer.count else {
      throw BlobSourceError.changed(file.name)
    }
  }

  /// Names this version of these files: their paths, sizes and times.
  var identity: ContentID {
    var text = "longhaul manifest, blocks of \(WireLimits.blockByteCount)\n"
    for (file, status) in zip(contents.files, statuses) {
      text += "\(file.path)\n\(status.byteCount) \(status.inode) \(status.modified) \(file.headerByteCount)\n"
    }
    return ContentID(of: text.utf8)
  }
}

/// Why a model is not given out.
package enum BlobSourceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A file is not what it was when it was opened.
  case changed(String)
  /// Nothing of the model has this id.
  case unknown(ContentID)
  /// Bytes outside of what has the id.
  case outside(ContentRange, byteCount: Int)

  package var description: String {
    switch self {
    case .changed(let name): "\(name) has changed since the coordinator opened it; start the coordinator again"
    case .unknown(let id): "nothing of this model has the content id \(id)"
    case .outside(let range, let byteCount):
      "bytes \(range.offset) and \(range.byteCount) more were asked for, of \(byteCount)"
    }
  }
}
