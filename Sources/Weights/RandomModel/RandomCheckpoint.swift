import Glibc
import Inference

/// A GGUF file of a given shape with random weights and a vocabulary that means nothing: for measuring speed without a
/// model. Written straight in its final type; the same shape, type and seed give the same bytes.
package struct RandomCheckpoint: Sendable {
  private struct Tensor {
    let name: String
    let dimensions: [Int]
    let type: ElementType
    let byteCount: Int
    let offset: Int
  }

  private let header: [UInt8]
  private let tensors: [Tensor]
  private let seed: UInt64
  /// Bytes of the file.
  package let byteCount: Int

  /// - Throws: `CheckpointError` when the type cannot be made, or the shape is no whole number of its blocks.
  package init(shape: ModelShape, types: RandomTypes, seed: UInt64) throws(CheckpointError) {
    guard types.all.allSatisfy(RandomBlocks.canFill) else {
      throw .unsupported(
        shape.name, nil, "cannot be filled with random \(types.name) weights", remedy: "use another type")
    }
    let configuration = shape.configuration
    let description = ArchitectureDescription.llama
    var tensors: [Tensor] = []
    var end = 0
    func append(_ rules: [TensorRule], prefix: String, layer: Int? = nil) throws(CheckpointError) {
      for rule in rules where !rule.isOptional || (rule.role == .head && !configuration.hasTiedHead) {
        let dimensions = rule.shape.map(configuration.size)
        let stored =
          dimensions.count == 1 ? ElementType.f32 : types.type(of: rule.role, layer: layer, in: configuration)
        guard let row = stored.rowByteCount(elementCount: dimensions[0]) else {
          throw .unsupported(
            shape.name, tensorSubject(prefix + rule.name),
            "has rows of \(dimensions[0]) numbers, which are no whole blocks of \(stored)",
            remedy: "use a type with blocks of \(stored.blockElementCount / 2) or fewer")
        }
        let bytes = row * dimensions.dropFirst().reduce(1, *)
        tensors.append(
          Tensor(name: prefix + rule.name, dimensions: dimensions, type: stored, byteCount: bytes, offset: end))
        end = GGUFHeaderWriter.aligned(end + bytes)
      }
    }
    try append(description.modelTensors, prefix: "")
    for layer in 0..<configuration.layerCount {
      try append(description.layerTensors, prefix: description.layerPrefix(layer), layer: layer)
    }
    self.tensors = tensors
    self.seed = seed
    header =
      GGUFHeaderWriter(
        metadata: Self.metadata(configuration),
        tensors: tensors.map {
          .init(name: $0.name, dimensions: $0.dimensions, type: $0.type.rawValue, offset: $0.offset)
        }
      ).bytes
    byteCount = header.count + end
  }

  /// Writes the file, which must not exist. One that could not be finished is removed.
  /// - Parameter progress: told the share written; what it throws ends the work.
  /// - Throws: `RandomCheckpointError`, or what `progress` throws.
  package func write(to path: String, progress: (Double) throws -> Void) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw RandomCheckpointError(path: path, byteCount: byteCount, code: errno) }
    var isWhole = false
    defer {
      close(file)
      if !isWhole { unlink(path) }
    }
    // Fails before an hour of writing does when the disk is too small.
    let reserved = posix_fallocate(file, 0, byteCount)
    guard reserved == 0 || reserved == EOPNOTSUPP else {
      throw RandomCheckpointError(path: path, byteCount: byteCount, code: reserved)
    }
    try header.withUnsafeBytes { try write($0, at: 0, file: file, path: path) }
    let capacity = 4 << 20
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
    defer { buffer.deallocate() }
    for (number, tensor) in tensors.enumerated() {
      // Whole blocks and whole words.
      let granule = tensor.type.blockByteCount * 8
      let step = capacity / granule * granule
      for first in stride(from: 0, to: tensor.byteCount, by: step) {
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[..<step])
        fill(piece, tensor: tensor, number: number, first: first)
        let count = min(step, tensor.byteCount - first)
        let place = header.count + tensor.offset + first
        try write(UnsafeRawBufferPointer(rebasing: piece[..<count]), at: place, file: file, path: path)
        try progress(Double(place + count) / Double(byteCount))
      }
    }
    isWhole = true
  }

  private func fill(_ piece: UnsafeMutableRawBufferPointer, tensor: Tensor, number: Int, first: Int) {
    if tensor.dimensions.count == 1 {
      piece.bindMemory(to: Float.self).update(repeating: 1)  // Norms of a trained model are near 1.
    } else {
      RandomBlocks(seed: seed, tensor: number).fill(piece, type: tensor.type, first: first)
    }
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int, file: Int32, path: String) throws {
    var done = 0
    while done < bytes.count, let base = bytes.baseAddress {
      let count = pwrite(file, base + done, bytes.count - done, offset + done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw RandomCheckpointError(path: path, byteCount: byteCount, code: errno) }
      done += count
    }
  }

  private static func metadata(_ configuration: ModelConfiguration) -> [(String, GGUFHeaderWriter.Value)] {
    let count = configuration.vocabularySize
    // Unknown, begin, end, the 256 bytes, then words that nobody says.
    let special = ["<unk>", "<s>", "</s>"]
    let tokens = (0..<count).map { id -> String in
      if id < special.count { return special[id] }
      guard id < 259 else { return "▁w\(id)" }
      let digits = String(id - 3, radix: 16, uppercase: true)
      return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
    }
    let kinds = (0..<count).map { id -> TokenKind in
      id == 0 ? .unknown : id < special.count ? .control : id < 259 ? .byte : .normal
    }
    return [
      ("general.architecture", .text("llama")),
      ("general.name", .text(configuration.name)),
      ("llama.context_length", .count(configuration.trainedLength)),
      ("llama.embedding_length", .count(configuration.hiddenSize)),
      ("llama.block_count", .count(configuration.layerCount)),
      ("llama.feed_forward_length", .count(configuration.feedForwardSize)),
      ("llama.rope.dimension_count", .count(configuration.rope.rotaryDimension)),
      ("llama.rope.freq_base", .float(Float(configuration.rope.base))),
      ("llama.attention.head_count", .count(configuration.queryHeadCount)),
      ("llama.attention.head_count_kv", .count(configuration.keyValueHeadCount)),
      ("llama.attention.layer_norm_rms_epsilon", .float(configuration.normEpsilon)),
      ("tokenizer.ggml.model", .text("llama")),
      ("tokenizer.ggml.tokens", .texts(tokens)),
      ("tokenizer.ggml.scores", .floats((0..<count).map { -Float($0) })),
      ("tokenizer.ggml.token_type", .counts(kinds.map(\.rawValue))),
      ("tokenizer.ggml.bos_token_id", .count(1)),
      ("tokenizer.ggml.eos_token_id", .count(2)),
      ("tokenizer.ggml.unknown_token_id", .count(0)),
    ]
  }
}

/// A file of random weights that could not be written.
package struct RandomCheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  package let path: String
  package let byteCount: Int
  /// The system's error number.
  package let code: Int32

  package var description: String {
    "\(byteCount >> 20) MiB of random weights cannot be written to '\(path)': \(String(cString: strerror(code)))"
      + (code == ENOSPC ? "; make room, or set TMPDIR to a larger disk" : "")
  }
}
