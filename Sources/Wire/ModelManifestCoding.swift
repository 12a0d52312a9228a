import CWire
import Core

extension ModelManifest {
  /// The manifest's bytes; the same manifest always has the same.
  package func encoded() -> [UInt8] {
    packed { arena in
      arena.make(longhaul__model_manifest__init) { raw in
        raw.version = ProtocolVersion.current
        raw.n_files = files.count
        raw.files = arena.pointers(files) { file in
          arena.make(longhaul__file_manifest__init) {
            $0.name = arena.copy(file.name)
            $0.byte_count = Int64(file.byteCount)
            $0.header_byte_count = Int64(file.header.byteCount)
            $0.header_blocks = arena.bytes(file.header.blockHashes)
          }
        }
        raw.n_tensors = tensors.count
        raw.tensors = arena.pointers(tensors) { tensor in
          arena.make(longhaul__tensor_manifest__init) {
            $0.name = arena.copy(tensor.name)
            $0.file = UInt32(clamping: tensor.fileIndex)
            $0.byte_count = Int64(tensor.content.byteCount)
            $0.blocks = arena.bytes(tensor.content.blockHashes)
          }
        }
      }
    }
  }

  /// Reads what `encoded()` wrote, from bytes that any peer may have sent.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
    self = try unpacked(
      bytes, message: "model manifest", limit: WireLimits.maximumManifestByteCount,
      with: longhaul__model_manifest__unpack
    ) { (raw: borrowing Longhaul__ModelManifest) throws(WireError) in try ModelManifest(raw) }
  }

  private init(_ raw: borrowing Longhaul__ModelManifest) throws(WireError) {
    files = try Field.messages(
      raw.files, raw.n_files, "files", limit: WireLimits.maximumModelPathCount, File.init)
    guard !files.isEmpty else { throw .field("files", reason: "is empty") }
    let fileCount = files.count
    tensors = try Field.messages(raw.tensors, raw.n_tensors, "tensors", limit: WireLimits.maximumTensorCount) {
      (raw: borrowing Longhaul__TensorManifest) throws(WireError) in try Tensor(raw, fileCount: fileCount)
    }
    guard Set(tensors.map(\.name)).count == tensors.count else {
      throw .field("tensors", reason: "names a tensor twice")
    }
  }
}

extension ModelManifest.File {
  fileprivate init(_ raw: borrowing Longhaul__FileManifest) throws(WireError) {
    let header = try HashedContent(raw.header_byte_count, raw.header_blocks, "header_blocks")
    let byteCount = try Field.byteCount(raw.byte_count, "byte_count")
    guard header.byteCount <= byteCount else {
      throw .field("header_byte_count", reason: "is \(header.byteCount), more than the file's \(byteCount)")
    }
    self.init(name: try Field.word(raw.name, "name"), byteCount: byteCount, header: header)
  }
}

extension ModelManifest.Tensor {
  fileprivate init(_ raw: borrowing Longhaul__TensorManifest, fileCount: Int) throws(WireError) {
    self.init(
      name: try Field.word(raw.name, "name", limit: WireLimits.maximumNameByteCount),
      fileIndex: try Field.integer(Int64(raw.file), "file", 0...(fileCount - 1)),
      content: try HashedContent(raw.byte_count, raw.blocks, "blocks"))
  }
}

extension HashedContent {
  fileprivate init(_ byteCount: Int64, _ blocks: ProtobufCBinaryData, _ name: String) throws(WireError) {
    let byteCount = try Field.integer(byteCount, "byte_count", 1...Int.max)
    guard
      let content = HashedContent(
        byteCount: byteCount, blockHashes: Array(UnsafeBufferPointer(start: blocks.data, count: blocks.len)))
    else { throw .field(name, reason: "has \(blocks.len) bytes, not 32 for each block of \(byteCount)") }
    self = content
  }
}
