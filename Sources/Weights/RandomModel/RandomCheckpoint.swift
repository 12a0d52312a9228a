import Glibc
import Core
import Tensors

/// A GGUF file of a given shape with random weights and a vocabulary that means nothing: for measuring speed without a
/// model. Written straight in its final type; the same shape, type and seed give the same bytes.
package struct RandomCheckpoint: Sendable {
  private struct Tensor {
    let name: String
    let dimensions: [Int]
    /// Whether all its numbers are 1, which those of a trained model's norms are near.
    let isOnes: Bool
    let type: ElementType
    let byteCount: Int
    let offset: Int
  }

  private let header: [UInt8]
  private let tensors: [Tensor]
  private let seed: UInt64
  /// Bytes of the file.
  package let byteCount: Int

  /// - Parameter architectures: families that may be made.
  /// - Throws: `CheckpointError` when the type cannot be made, or the shape is no whole number of its blocks.
  package init(
    shape: ModelShape, types: RandomTypes, seed: UInt64, architectures: [Architecture] = Architecture.supported
  ) throws(CheckpointError) {
    guard types.all.allSatisfy(RandomBlocks.canFill) else {
      throw .unsupported(
        shape.name, nil, "cannot be filled with random \(types.name) weights", remedy: "use another type")
    }
    let configuration = shape.configuration
    guard let architecture = architectures.first(where: { $0.name == configuration.architecture }) else {
      throw .unsupported(
        shape.name, nil, "is of an unknown architecture, \(configuration.architecture)", remedy: "use another shape")
    }
    var tensors: [Tensor] = []
    var end = 0
    var written: Set<String> = []
    func append(_ rules: [TensorRule], prefix: String, layer: Int? = nil) throws(CheckpointError) {
      var roles: Set<TensorRole> = []
      for rule in rules where !rule.isOptional || (rule.role == .head && !configuration.hasTiedHead) {
        // Of several names for one use the first is taken.
        guard roles.insert(rule.role).inserted else { continue }
        // Parts of a fused tensor are one tensor.
        guard written.insert(prefix + rule.name).inserted else { continue }
        let dimensions = rule.shape
        let stored =
          rule.isInF32 ? ElementType.f32 : types.type(of: rule.role, layer: layer, in: configuration)
        guard let row = stored.rowByteCount(elementCount: dimensions[0]) else {
          throw .unsupported(
            shape.name, tensorSubject(prefix + rule.name),
            "has rows of \(dimensions[0]) numbers, which are no whole blocks of \(stored)",
            remedy: "use a type with blocks of \(stored.blockElementCount / 2) or fewer")
        }
        let bytes = row * dimensions.dropFirst().reduce(1, *)
        tensors.append(
          Tensor(
            name: prefix + rule.name, dimensions: dimensions, isOnes: rule.isOnes, type: stored,
            byteCount: bytes, offset: end))
        end = GGUFHeaderWriter.aligned(end + bytes)
      }
    }
    try append(architecture.modelTensors(configuration), prefix: "")
    for (index, layer) in configuration.layers.enumerated() {
      let rules = architecture.layerTensors(layer, configuration)
      try append(rules, prefix: Architecture.layerPrefix(index), layer: index)
    }
    self.tensors = tensors
    self.seed = seed
    header =
      GGUFHeaderWriter(
        metadata: RandomMetadata(configuration).entries,
        tensors: tensors.map {
          .init(name: $0.name, dimensions: $0.dimensions, type: $0.type.rawValue, offset: $0.offset)
        }
      ).bytes
    byteCount = header.count + end
  }

  /// Writes the file, which must not exist. One that could not be finished is removed.
  /// - Parameter progress: called with the share written; what it throws ends the work.
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
    if tensor.isOnes {
      piece.bindMemory(to: Float.self).update(repeating: 1)
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
}

extension TensorRule {
  fileprivate var isInF32: Bool { shape.count == 1 || role.isBias || role.isRouter }
  fileprivate var isOnes: Bool {
    shape.count == 1 && !role.isBias && !role.isRouter && role != .attentionSinks
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
