/// A whole model in a few hundred numbers: width 8, two heads of 4 with one key-value head, feed-forward 12,
/// five tokens. Matrices count upwards through the file, so that a view can be checked to be the right one;
/// norms are 1.
extension GGUFWriter {
  static func tinyModel(layerCount: Int = 2, tied: Bool = true) -> GGUFWriter {
    var writer = GGUFWriter()
    writer.metadata = [
      ("general.architecture", .string("llama")),
      ("general.name", .string("tiny")),
      ("llama.context_length", .u32(64)),
      ("llama.embedding_length", .u32(8)),
      ("llama.block_count", .u32(UInt32(layerCount))),
      ("llama.feed_forward_length", .u32(12)),
      ("llama.attention.head_count", .u32(2)),
      ("llama.attention.head_count_kv", .u32(1)),
      ("llama.attention.layer_norm_rms_epsilon", .f32(1e-5)),
      ("tokenizer.ggml.model", .string("llama")),
      ("tokenizer.ggml.tokens", .strings(["<unk>", "<s>", "</s>", "a", "b"])),
      ("tokenizer.ggml.scores", .f32s([0, 0, 0, -1, -2])),
      ("tokenizer.ggml.token_type", .i32s([2, 3, 3, 1, 1])),
      ("tokenizer.ggml.bos_token_id", .u32(1)),
      ("tokenizer.ggml.eos_token_id", .u32(2)),
    ]
    writer.addMatrix("token_embd.weight", 8, 5)
    for layer in 0..<layerCount {
      writer.addOnes("blk.\(layer).attn_norm.weight", 8)
      writer.addMatrix("blk.\(layer).attn_q.weight", 8, 8)
      writer.addMatrix("blk.\(layer).attn_k.weight", 8, 4)
      writer.addMatrix("blk.\(layer).attn_v.weight", 8, 4)
      writer.addMatrix("blk.\(layer).attn_output.weight", 8, 8)
      writer.addOnes("blk.\(layer).ffn_norm.weight", 8)
      writer.addMatrix("blk.\(layer).ffn_gate.weight", 8, 12)
      writer.addMatrix("blk.\(layer).ffn_up.weight", 8, 12)
      writer.addMatrix("blk.\(layer).ffn_down.weight", 12, 8)
    }
    writer.addOnes("output_norm.weight", 8)
    if !tied { writer.addMatrix("output.weight", 8, 5) }
    return writer
  }

  /// `[columns, rows]` in F32; its first number is 1000 times its place in the directory.
  mutating func addMatrix(_ name: String, _ columns: Int, _ rows: Int) {
    let first = Float(1000 * tensors.count)
    let values = (0..<columns * rows).map { first + Float($0) }
    addTensor(name, [columns, rows], values)
  }

  mutating func addOnes(_ name: String, _ count: Int) {
    addTensor(name, [count], [Float](repeating: 1, count: count))
  }

  mutating func addTensor(_ name: String, _ dimensions: [Int], _ values: [Float]) {
    var bytes = ByteWriter()
    for value in values { bytes.add(value.bitPattern) }
    tensors.append(Tensor(name: name, dimensions: dimensions.map(UInt64.init), bytes: bytes.bytes))
  }
}
