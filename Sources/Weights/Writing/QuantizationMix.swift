import Core
import Tensors

/// The types of a model's tensors by a name that people know, such as `Q4_K_M`: most tensors get one type, and some
/// that matter more a wider one.
///
/// Vectors and what chooses experts stay in F32. Where rows are no whole blocks of a type, the nearest type with blocks
/// of 32 takes its place, as in files of llama.cpp's.
package struct QuantizationMix: Sendable {
  /// As files are named.
  package let name: String
  /// GGUF's `general.file_type`.
  let fileType: UInt32
  private let type: ElementType
  /// Of the head, and of an embedding that is the head.
  private let headType: ElementType
  /// Of values, and of the way down in some layers.
  private let widerType: ElementType

  package static let all: [QuantizationMix] = [
    QuantizationMix("F32", 0, .f32), QuantizationMix("F16", 1, .f16), QuantizationMix("BF16", 32, .bf16),
    QuantizationMix("Q8_0", 7, .q8_0),
    QuantizationMix("Q4_0", 2, .q4_0, head: .q6_K), QuantizationMix("Q4_K_M", 15, .q4_K, head: .q6_K, wider: .q6_K),
    QuantizationMix("Q5_K_M", 17, .q5_K, head: .q6_K, wider: .q6_K), QuantizationMix("Q6_K", 18, .q6_K),
    QuantizationMix("IQ4_XS", 30, .iq4_XS, head: .q6_K, wider: .q5_K),
  ]

  private init(
    _ name: String, _ fileType: UInt32, _ type: ElementType, head: ElementType? = nil, wider: ElementType? = nil
  ) {
    self.name = name
    self.fileType = fileType
    self.type = type
    headType = head ?? type
    widerType = wider ?? type
  }

  /// By its name, whatever its capitals; `Q4_K` and `Q5_K` mean the mixes. Nil if unknown.
  package init?(named name: String) {
    let wanted = name.uppercased()
    guard let found = Self.all.first(where: { $0.name == wanted || $0.name == wanted + "_M" }) else { return nil }
    self = found
  }

  /// What a file is called whose largest tensor has this type.
  static func fileType(of type: ElementType) -> UInt32? { all.first { $0.type == type }?.fileType }

  /// The type of a tensor of several dimensions.
  /// - Parameter layerCount: of the model.
  func type(of entry: TensorEntry, layerCount: Int, hasTiedHead: Bool) -> ElementType {
    guard entry.dimensions.count > 1, !entry.name.contains("ffn_gate_inp"), !entry.name.hasSuffix("_norm.weight")
    else { return .f32 }
    return suited(wanted(entry.name, layerCount: layerCount, hasTiedHead: hasTiedHead), to: entry.dimensions[0])
  }

  private func wanted(_ name: String, layerCount: Int, hasTiedHead: Bool) -> ElementType {
    if name == TensorName.head || (hasTiedHead && name == TensorName.embedding) { return headType }
    guard name.contains("attn_v.") || name.contains("attn_qkv.") || name.contains("ffn_down") else { return type }
    guard name.hasPrefix("blk."), let layer = Int(name.dropFirst(4).prefix { $0 != "." }) else { return type }
    if name.contains("attn_qkv.") { return widerType == type || type == .iq4_XS ? type : type == .q4_K ? .q5_K : .q6_K }
    if type == .iq4_XS { return name.contains("attn_v.") || layer < layerCount / 8 ? widerType : type }
    // The first and the last eighth, and every third between.
    let eighth = layerCount / 8
    let matters = layer < eighth || layer >= 7 * layerCount / 8 || (layer - eighth) % 3 == 2
    return matters ? widerType : type
  }

  private func suited(_ type: ElementType, to columnCount: Int) -> ElementType {
    if columnCount % type.blockElementCount == 0 { return type }
    let narrower: ElementType =
      switch type {
      case .q4_K: .q5_0
      case .q5_K: .q5_1
      case .q6_K: .q8_0
      case .iq4_XS: .iq4_NL
      default: .f16
      }
    return columnCount % narrower.blockElementCount == 0 ? narrower : .f16
  }
}
