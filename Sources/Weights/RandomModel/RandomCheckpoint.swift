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
  /// - Throws: `FileWriteError`, or what `progress` throws.
  package func write(to path: String, progress: (Double) throws -> Void) throws {
    let file = try NewFile.make(path: path, byteCount: byteCount)
    try header.withUnsafeBytes { try file.write($0, at: 0) }
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
        try file.write(UnsafeRawBufferPointer(rebasing: piece[..<count]), at: place)
        try progress(Double(place + count) / Double(byteCount))
      }
    }
    try file.finish()
  }

  /// Writes a file of the same size whose weights are a hole: for reading what the model has, not for computing.
  /// - Throws: `FileWriteError`.
  package func writeOutline(to path: String) throws(FileWriteError) {
    let file = try NewFile.make(path: path, byteCount: byteCount, isOutline: true)
    var failure: FileWriteError?
    header.withUnsafeBytes { bytes in
      do throws(FileWriteError) { try file.write(bytes, at: 0) } catch { failure = error }
    }
    if let failure { throw failure }
    try file.finish()
  }

  private func fill(_ piece: UnsafeMutableRawBufferPointer, tensor: Tensor, number: Int, first: Int) {
    if tensor.isOnes {
      piece.bindMemory(to: Float.self).update(repeating: 1)
    } else {
      RandomBlocks(seed: seed, tensor: number).fill(piece, type: tensor.type, first: first)
    }
  }
}

extension TensorRule {
  fileprivate var isInF32: Bool { shape.count == 1 || role.isBias || role.isRouter }
  fileprivate var isOnes: Bool {
    shape.count == 1 && !role.isBias && !role.isRouter && role != .attentionSinks
  }
}
