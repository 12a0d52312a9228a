import Provisioning
import Wire

extension FuzzTarget {
  /// A manifest as it is sent, and as it is kept.
  static let manifest = FuzzTarget(name: "manifest") {
    Samples.manifests.flatMap { manifest in
      let bytes = manifest.encoded()
      return [bytes, ContentID(of: bytes).bytes + bytes]
    }
  } run: { bytes in
    if let kept = WeightCache.manifest(inFile: bytes) {
      require(kept.id.bytes == Array(bytes.prefix(32)), "what is kept is behind its hash")
    }
    guard let stored = WeightCache.StoredManifest(bytes: bytes) else { return }
    let manifest = stored.manifest
    let again = try? manifest.encoded().withUnsafeBytes { try ModelManifest(decoding: $0) }
    require(again == manifest, "what was accepted can be sent on")
    for content in manifest.files.map(\.header) + manifest.tensors.map(\.content) {
      require(ContentID(hexadecimal: content.id.description) == content.id, "names are ids")
      let last = content.range(ofPiece: content.pieceCount - 1)
      require(last.upperBound == content.byteCount && !last.isEmpty, "pieces cover the content")
      let first = content.range(ofPiece: 0)
      require(first.count <= WireLimits.pieceByteCount, "pieces are small")
    }
    for tensor in manifest.tensors { require(manifest.files.indices.contains(tensor.fileIndex), "files are there") }
  }
}
