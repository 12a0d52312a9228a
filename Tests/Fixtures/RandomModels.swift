import Tensors
package import Foundation
import Core

/// Models that are nothing but their tensors' names, types and sizes, with the logits that a script computes for them:
/// `../EndToEndTests/Goldens/random_models.json` and `.py`, a Llama in every quantization; `families.json` and `.py`
/// there, a model of every family; `experts.json` and `.py`, of every family with experts.
package struct RandomModels: Decodable {
  package struct Tensor: Decodable {
    package let name: String
    package let type: String
    package let columns: Int
    /// 1 for a vector.
    package let rows: Int
    /// Matrices of that size, one behind the other; nil is one.
    package var experts: Int?

    var rowsOfAll: Int { rows * (experts ?? 1) }
    var dimensions: [Int] { rows == 1 ? [columns] : [columns, rows] + (experts.map { [$0] } ?? []) }
  }
  /// A metadata entry behind the family's name.
  package struct Field: Decodable {
    let key: String
    var count: UInt32?
    var number: Float?
    var text: String?
    var flag: Bool?
    /// One a layer.
    var counts: [Int32]?
    /// One a layer.
    var flags: [Bool]?
  }
  /// An f16 of every block of a type.
  package struct Half: Decodable {
    let offset: Int
    let bits: UInt16
  }
  package struct Run: Decodable {
    package let group_size: Int
    package let neighbor_window: Int
    package let logits: [Float]
  }
  package struct Model: Decodable {
    package let name: String
    /// The family's name in the file, where the model has another.
    package let architecture: String?
    package let feed_forward: Int
    /// Nil for a Llama of four layers.
    package let fields: [Field]?
    package let tensors: [Tensor]
    package let runs: [Run]

    package var isQuantized: Bool { tensors.contains { $0.type != "F32" } }

    /// The name in the file.
    package var family: String { architecture ?? (fields == nil ? "llama" : name) }
  }
  package let ids: [Int32]
  package let halves: [String: [Half]]
  /// The byte that begins every block of a type.
  var powers: [String: UInt8]?
  package let models: [Model]

  package static func read(_ name: String = "random_models") throws -> RandomModels {
    let file = SharedFiles.root.appendingPathComponent("Tests/EndToEndTests/Goldens/\(name).json")
    return try JSONDecoder().decode(RandomModels.self, from: Data(contentsOf: file))
  }

  /// The bytes of a tensor, the same that the script makes.
  private func bytes(_ tensor: Tensor, place: Int) -> [UInt8] {
    if tensor.rows == 1 || tensor.name.hasSuffix("_norm.weight") {
      let factors = ["norm.weight", "norm_1.weight", "norm_2.weight", ".scale", "output_scale.weight"]
      let isFactor = factors.contains { tensor.name.hasSuffix($0) }
      let mean: Float = isFactor || tensor.name.hasPrefix("rope_") ? 1 : 0
      return (0..<tensor.columns * tensor.rows).flatMap {
        Self.littleEndian((mean + Float($0 * 37 % 64 - 32) / 64).bitPattern)
      }
    }
    guard let type = ElementType.allCases.first(where: { $0.description == tensor.type }),
      let rowBytes = type.rowByteCount(elementCount: tensor.columns)
    else { preconditionFailure("\(tensor) is not of whole blocks") }
    var words = SeededGenerator(seed: UInt64(place))
    if type == .f32 { return Self.floats(count: tensor.columns * tensor.rowsOfAll, from: &words) }
    var bytes = (0..<(rowBytes * tensor.rowsOfAll + 7) / 8).flatMap { _ in Self.littleEndian(words.next()) }
    bytes.removeLast(bytes.count - rowBytes * tensor.rowsOfAll)
    for block in stride(from: 0, to: bytes.count, by: type.blockByteCount) {
      if let power = powers?[tensor.type] { bytes[block] = power }
      for half in halves[tensor.type] ?? [] {
        bytes.replaceSubrange(block + half.offset..<block + half.offset + 2, with: Self.littleEndian(half.bits))
      }
    }
    return bytes
  }

  /// Each number is 16 bits of the words, signed, over 2^19.
  private static func floats(count: Int, from words: inout SeededGenerator) -> [UInt8] {
    let integers = (0..<(count + 3) / 4).flatMap { _ in
      let word = words.next()
      return (0..<4).map { Int16(truncatingIfNeeded: word >> (16 * $0)) }
    }
    return integers.prefix(count).flatMap { littleEndian((Float($0) / 524_288).bitPattern) }
  }

  /// Gates and ways up of experts as one tensor: of each expert the rows of one, then of the other.
  private static func fused(_ tensors: [(Tensor, [UInt8])]) -> [(Tensor, [UInt8])] {
    tensors.compactMap { tensor, bytes in
      guard tensor.name.contains("ffn_up_exps") || tensor.name.contains("ffn_gate_exps") else { return (tensor, bytes) }
      let up = tensor.name.replacingOccurrences(of: "ffn_gate_exps", with: "ffn_up_exps")
      guard let other = tensors.first(where: { $0.0.name == up }), other.0.name != tensor.name else { return nil }
      // A bias has a row for each expert.
      let isBias = tensor.name.hasSuffix(".bias")
      let count = tensor.experts ?? tensor.rows
      let size = bytes.count / count
      var both: [UInt8] = []
      for expert in 0..<count {
        let range = expert * size..<(expert + 1) * size
        both += bytes[range]
        both += other.1[range]
      }
      let name = tensor.name.replacingOccurrences(of: "ffn_gate_exps", with: "ffn_gate_up_exps")
      let whole = Tensor(
        name: name, type: tensor.type, columns: isBias ? 2 * tensor.columns : tensor.columns,
        rows: isBias ? tensor.rows : 2 * tensor.rows, experts: tensor.experts)
      return (whole, both)
    }
  }

  /// The model as a GGUF file.
  package func file(_ model: Model, fusesGates: Bool = false) -> Data {
    let vocabulary = model.tensors[0].rows
    var writer = GGUFBytes()
    let fields =
      model.fields ?? [
        Field(key: "block_count", count: 4), Field(key: "attention.layer_norm_rms_epsilon", number: 1e-5),
      ]
    let counts = [
      ("context_length", 128), ("embedding_length", model.tensors[0].columns),
      ("feed_forward_length", model.feed_forward), ("attention.head_count", 4), ("attention.head_count_kv", 2),
    ].filter { count in !fields.contains { $0.key == count.0 } }
    let made = model.tensors.enumerated().map { ($0.element, bytes($0.element, place: $0.offset + 1)) }
    let tensors = fusesGates ? Self.fused(made) : made
    writer.begin(tensorCount: tensors.count, entryCount: 6 + counts.count + fields.count)
    writer.entry("general.architecture", model.family)
    for (key, value) in counts { writer.entry("\(model.family).\(key)", UInt32(value)) }
    for field in fields {
      if let count = field.count { writer.entry("\(model.family).\(field.key)", count) }
      if let number = field.number { writer.entry("\(model.family).\(field.key)", number) }
      if let text = field.text { writer.entry("\(model.family).\(field.key)", text) }
      if let flag = field.flag { writer.entry("\(model.family).\(field.key)", flag) }
      if let counts = field.counts { writer.entry("\(model.family).\(field.key)", counts) }
      if let flags = field.flags { writer.entry("\(model.family).\(field.key)", flags) }
    }
    writer.entry("tokenizer.ggml.model", "llama")
    writer.entry("tokenizer.ggml.tokens", ["<unk>", "<s>", "</s>"] + (3..<vocabulary).map { "t\($0)" })
    writer.entry("tokenizer.ggml.scores", [Float](repeating: 0, count: vocabulary))
    writer.entry("tokenizer.ggml.token_type", [2, 3, 3] + [Int32](repeating: 1, count: vocabulary - 3))
    writer.entry("tokenizer.ggml.unknown_token_id", UInt32(0))
    var offset = 0
    for (tensor, payload) in tensors {
      let number = ElementType.allCases.first { $0.description == tensor.type }?.rawValue ?? .max
      writer.tensor(tensor.name, tensor.dimensions, type: number, offset: offset)
      offset += (payload.count + 31) / 32 * 32
    }
    for (_, payload) in tensors {
      writer.align()
      writer.data.append(contentsOf: payload)
    }
    return writer.data
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

/// The few kinds of entries that a model needs, written one after the other.
private struct GGUFBytes {
  var data = Data()

  mutating func begin(tensorCount: Int, entryCount: Int) {
    data.append(contentsOf: "GGUF".utf8)
    add(UInt32(3))
    add(UInt64(tensorCount))
    add(UInt64(entryCount))
  }

  mutating func entry(_ key: String, _ value: String) {
    add(key)
    add(UInt32(8))
    add(value)
  }

  mutating func entry(_ key: String, _ value: Bool) {
    add(key)
    add(UInt32(7))
    data.append(value ? 1 : 0)
  }

  mutating func entry(_ key: String, _ value: UInt32) {
    add(key)
    add(UInt32(4))
    add(value)
  }

  mutating func entry(_ key: String, _ value: Float) {
    add(key)
    add(UInt32(6))
    add(value.bitPattern)
  }

  mutating func entry(_ key: String, _ values: [String]) {
    array(key, of: 8, count: values.count)
    for value in values { add(value) }
  }

  mutating func entry(_ key: String, _ values: [Float]) {
    array(key, of: 6, count: values.count)
    for value in values { add(value.bitPattern) }
  }

  mutating func entry(_ key: String, _ values: [Int32]) {
    array(key, of: 5, count: values.count)
    for value in values { add(value) }
  }

  mutating func entry(_ key: String, _ values: [Bool]) {
    array(key, of: 7, count: values.count)
    data.append(contentsOf: values.map { $0 ? 1 : 0 })
  }

  mutating func tensor(_ name: String, _ dimensions: [Int], type: UInt32, offset: Int) {
    add(name)
    add(UInt32(dimensions.count))
    for dimension in dimensions { add(UInt64(dimension)) }
    add(type)
    add(UInt64(offset))
  }

  mutating func align() { data.append(contentsOf: repeatElement(0, count: (32 - data.count % 32) % 32)) }

  private mutating func array(_ key: String, of type: UInt32, count: Int) {
    add(key)
    add(UInt32(9))
    add(type)
    add(UInt64(count))
  }

  private mutating func add(_ text: String) {
    add(UInt64(text.utf8.count))
    data.append(contentsOf: text.utf8)
  }

  private mutating func add(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
  }
}
