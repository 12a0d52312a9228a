/// The scales of 8-bit weights: tensors named after the one that they scale. As `fp8` models have them, one for each
/// block; or one for each row, or for all of the tensor. Of MXFP4 weights, a byte for 32 numbers of a row.
///
/// Other quantized folders (GPTQ, AWQ, bitsandbytes) are refused by name.
struct FolderScales {
  private let blockRowCount: Int?
  private let blockColumnCount: Int?
  private let isQuantized: Bool
  private let isMXFP4: Bool

  init(_ config: FolderValue) throws(CheckpointError) {
    guard let settings = config["quantization_config"] else {
      (blockRowCount, blockColumnCount, isQuantized, isMXFP4) = (nil, nil, false, false)
      return
    }
    let method = try settings.required("quant_method").string()
    guard ["fp8", "fbgemm_fp8", "compressed-tensors", "mxfp4"].contains(method) else {
      throw settings.unsupported("has the quant_method \"\(printable(method))\"")
    }
    isQuantized = true
    isMXFP4 = method == "mxfp4"
    guard let block = settings["weight_block_size"] else {
      (blockRowCount, blockColumnCount) = (nil, nil)
      return
    }
    let sizes = try block.array()
    guard sizes.count == 2 else { throw block.invalid("is not two sizes") }
    blockRowCount = try sizes[0].integer(in: 1...GGUFLimits.innerSize)
    blockColumnCount = try sizes[1].integer(in: 1...GGUFLimits.innerSize)
  }

  /// Whether a tensor scales others, or inputs: these are not rounded here, so their scales say nothing.
  func isScale(_ name: String) -> Bool {
    if isMXFP4 { return name.hasSuffix(Self.mxfp4Scales) }
    return isQuantized
      && [".weight_scale_inv", ".weight_scale", ".input_scale", ".activation_scale"].contains { name.hasSuffix($0) }
  }

  /// What an 8-bit tensor is multiplied by; nil for others.
  func scale(
    of entry: SafetensorsEntry, among entries: [String: SafetensorsEntry]
  ) throws(CheckpointError) -> TensorRecipe.Scale? {
    if isMXFP4, entry.name.hasSuffix(Self.mxfp4Blocks) { return try mxfp4Scale(of: entry, among: entries) }
    guard entry.type == .f8e4m3 else { return nil }
    guard entry.shape.count == 2 else { throw refusal(entry, "is no matrix") }
    guard let scale = entries[entry.name + "_scale_inv"] ?? entries[entry.name + "_scale"] else {
      throw refusal(entry, "has no scale")
    }
    guard [.f32, .f16, .bf16].contains(scale.type) else {
      throw refusal(entry, "has a scale in \(scale.type.rawValue)")
    }
    let (rows, columns) = (entry.shape[0], entry.shape[1])
    if scale.shape.reduce(1, *) == 1 {
      return TensorRecipe.Scale(entry: scale, rowCount: rows, columnCount: columns, perRow: 1)
    }
    if scale.shape == [rows] || scale.shape == [rows, 1] {
      return TensorRecipe.Scale(entry: scale, rowCount: 1, columnCount: columns, perRow: 1)
    }
    guard let height = blockRowCount, let width = blockColumnCount else {
      throw refusal(entry, "has a scale of shape \(scale.shape), and weight_block_size is missing")
    }
    let blocks = [(rows - 1) / height + 1, (columns - 1) / width + 1]
    guard scale.shape == blocks else {
      throw refusal(entry, "has a scale of shape \(scale.shape), where its blocks are \(blocks)")
    }
    return TensorRecipe.Scale(entry: scale, rowCount: height, columnCount: width, perRow: blocks[1])
  }

  private static let (mxfp4Blocks, mxfp4Scales) = ("_blocks", "_scales")

  /// Of a row of blocks of 16 bytes, a byte for each.
  private func mxfp4Scale(
    of entry: SafetensorsEntry, among entries: [String: SafetensorsEntry]
  ) throws(CheckpointError) -> TensorRecipe.Scale {
    guard entry.type == .u8, entry.shape.count >= 3, entry.shape.last == 16 else {
      throw .damaged("safetensors", tensorSubject(entry.name), "is not of MXFP4 blocks of 16 bytes")
    }
    let perRow = entry.shape[entry.shape.count - 2]
    let name = entry.name.dropLast(Self.mxfp4Blocks.count) + Self.mxfp4Scales
    guard let scale = entries[String(name)], scale.type == .u8, scale.shape == entry.shape.dropLast() else {
      throw .damaged("safetensors", tensorSubject(entry.name), "has no scale for each of its blocks")
    }
    return TensorRecipe.Scale(entry: scale, rowCount: 1, columnCount: 32, perRow: perRow)
  }

  private func refusal(_ entry: SafetensorsEntry, _ problem: String) -> CheckpointError {
    .damaged("safetensors", tensorSubject(entry.name), "is stored in 8 bits and " + problem)
  }
}
