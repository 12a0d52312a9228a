import WeightDistribution
import Wire

enum ManifestTarget {
  /// A manifest as it is sent, and as it is kept.
  static let manifest = FuzzTarget(name: "manifest") {
    Samples.manifests.flatMap { manifest in
      let bytes = manifest.encoded()
      return [bytes, ContentID(of: bytes).bytes + bytes]
    }
  } run: { bytes in
    if let kept = BlobStore.manifest(inFile: bytes) {
      require(kept.id.bytes == Array(bytes.prefix(32)), "what is kept is behind its hash")
    }
    guard let stored = BlobStore.StoredManifest(bytes: bytes) else { return }
    let manifest = stored.manifest
    let again = try? manifest.encoded().withUnsafeBytes { try ModelManifest(decoding: $0) }
    require(again == manifest, "what was accepted can be sent on")
    for content in manifest.files.map(\.header) + manifest.tensors.map(\.content) {
      require(ContentID(hexadecimal: content.id.description) == content.id, "names are ids")
      let last = content.range(ofBlock: content.blockCount - 1)
      require(last.upperBound == content.byteCount && !last.isEmpty, "blocks cover the content")
      let first = content.range(ofBlock: 0)
      require(first.count <= WireLimits.blockByteCount, "blocks are small")
    }
    for tensor in manifest.tensors { require(manifest.files.indices.contains(tensor.fileIndex), "files are there") }
  }
}
