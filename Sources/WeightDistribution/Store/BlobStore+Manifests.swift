package import Wire

/// Manifests are kept whole, behind their own SHA-256. One that cannot be kept is only made, or fetched, again.
extension BlobStore {
  /// A manifest as it was sent or made, with its bytes.
  package struct StoredManifest: Sendable {
    package let bytes: [UInt8]
    package let manifest: ModelManifest
    package let id: ContentID

    /// Nil unless the bytes are a manifest's.
    package init?(bytes: [UInt8]) {
      guard let manifest = try? bytes.withUnsafeBytes({ try ModelManifest(decoding: $0) }) else { return nil }
      self.bytes = bytes
      self.manifest = manifest
      id = ContentID(of: bytes)
    }
  }

  /// The manifest that is kept under a name; nil when there is none, or one that is damaged.
  package func manifest(named name: ContentID) -> StoredManifest? {
    let path = "\(manifestFolder)/\(name)"
    // Whatever goes wrong, the manifest can be had elsewhere.
    guard let status = try? disk.status(of: path), status.byteCount > ContentID.byteCount,
      status.byteCount <= WireLimits.maximumManifestByteCount + ContentID.byteCount,
      let descriptor = try? disk.open(path, .reading)
    else { return nil }
    defer { disk.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: status.byteCount)
    let count = bytes.withUnsafeMutableBytes { buffer in
      try? disk.read(descriptor, at: 0, into: buffer, path: path)
    }
    guard count == bytes.count else { return nil }
    return Self.manifest(inFile: bytes)
  }

  /// What a file of manifests holds; nil unless it is undamaged.
  package static func manifest(inFile bytes: [UInt8]) -> StoredManifest? {
    let body = bytes.dropFirst(ContentID.byteCount)
    guard !body.isEmpty, ContentID(of: body).bytes.elementsEqual(bytes.prefix(ContentID.byteCount)) else { return nil }
    return StoredManifest(bytes: Array(body))
  }

  /// - Throws: `DiskError`.
  package func keep(_ manifest: StoredManifest, named name: ContentID) throws(DiskError) {
    try disk.makeFolder(manifestFolder)
    let path = "\(manifestFolder)/\(name)"
    let part = "\(path).\(UInt32.random(in: 0...UInt32.max)).part"
    let descriptor = try disk.open(part, .writing)
    do throws(DiskError) {
      defer { disk.close(descriptor) }
      let bytes = manifest.id.bytes + manifest.bytes
      let written = bytes.withUnsafeBytes { buffer in
        Result { () throws(DiskError) in try disk.write(descriptor, at: 0, buffer, path: part) }
      }
      try written.get()
      try disk.sync(descriptor, path: part)
      try disk.rename(part, to: path)
    } catch {
      try? disk.remove(part)  // The disk has just failed; what it keeps is harmless.
      throw error
    }
    try disk.syncFolder(manifestFolder)
  }
}
