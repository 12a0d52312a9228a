package import Foundation

/// Small random models as Hugging Face folders, with their definitions' logits: `folders.json`, made by the
/// script beside it.
package struct ModelFolders: Decodable {
  package struct Tensor: Decodable {
    package let name: String
    /// Outermost first.
    package let shape: [Int]
    package let type: String

    package var count: Int { shape.reduce(1, *) }
  }

  package struct Model: Decodable {
    package let name: String
    /// The text of `config.json`.
    package let config: String
    package let tensors: [Tensor]
    package let logits: [Float]

    /// Whether norms add 1 to their weights.
    private var isGemma: Bool {
      config.contains(#""model_type":"gemma"#) && !config.contains(#""model_type":"gemma4"#)
    }

    /// The bytes of a tensor, the same that the script makes.
    package func bytes(_ index: Int) -> [UInt8] {
      let tensor = tensors[index]
      if tensor.name.hasSuffix("_scale_inv") {
        return (0..<tensor.count).flatMap { Self.littleEndian((Float(1 + $0 % 7) / 16).bitPattern) }
      }
      if tensor.name.hasSuffix("_scales") { return (0..<tensor.count).map { UInt8(119 + $0 % 3) } }
      if tensor.shape.count == 1 || tensor.name.hasSuffix("_norm.weight") {
        let mean: Float = tensor.name.hasSuffix("norm.weight") && !isGemma ? 1 : 0
        return (0..<tensor.count).flatMap { Self.littleEndian((mean + Float($0 * 37 % 64 - 32) / 64).bitPattern) }
      }
      var words = SeededGenerator(seed: UInt64(index + 1))
      if tensor.type == "F8_E4M3" || tensor.type == "U8" {
        let bytes = (0..<(tensor.count + 7) / 8).flatMap { _ in Self.littleEndian(words.next()) }
        return bytes.prefix(tensor.count).map { tensor.type == "U8" ? $0 : $0 & 0xBF }
      }
      let integers = (0..<(tensor.count + 3) / 4).flatMap { _ in
        let word = words.next()
        return (0..<4).map { Int16(truncatingIfNeeded: word >> (16 * $0)) }
      }
      return integers.prefix(tensor.count).flatMap { Self.littleEndian((Float($0) / 524_288).bitPattern) }
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// Writes the folder.
    /// - Parameter shardCount: safetensors files; with more than one there is an index.
    package func write(to folder: URL, shardCount: Int = 1) throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(config.utf8).write(to: folder.appendingPathComponent("config.json"))
      var map: [String: String] = [:]
      for shard in 0..<shardCount {
        let name = shardCount == 1 ? "model.safetensors" : "model-0000\(shard + 1)-of-0000\(shardCount).safetensors"
        let chosen = tensors.indices.filter { $0 % shardCount == shard }
        for index in chosen { map[tensors[index].name] = name }
        let file = Safetensors(chosen.map { (tensors[$0].name, tensors[$0].type, tensors[$0].shape, bytes($0)) })
        try Data(file.bytes).write(to: folder.appendingPathComponent(name))
      }
      guard shardCount > 1 else { return }
      try JSONEncoder().encode(["weight_map": map]).write(
        to: folder.appendingPathComponent("model.safetensors.index.json"))
    }
  }

  package let ids: [Int32]
  package let models: [Model]

  package static func read() throws -> ModelFolders {
    let file = SharedFiles.root.appendingPathComponent("Tests/EndToEndTests/Goldens/folders.json")
    return try JSONDecoder().decode(ModelFolders.self, from: Data(contentsOf: file))
  }
}
