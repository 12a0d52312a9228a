import Fixtures
import Core
import Testing

@testable import Weights

/// Files with a sound header that are no model, or have no tokenizer, that can be used.
@Suite struct BrokenModelTests {
  @Test(
    "A model that cannot be computed is refused in the right words", arguments: values + arithmetic + tensors)
  func refusedModel(file: BrokenFile) throws {
    let folder = try ScratchFolder()
    let checkpoint = try Checkpoint(path: folder.write(file.make()))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.configuration }
    let text = error?.description ?? "accepted"
    #expect(text.contains(file.words), "\(text)")
    #expect(throws: CheckpointError.self) { try checkpoint.footprint }
    #expect(throws: CheckpointError.self) {
      try StageWeights(
        checkpoint, layers: #require(.init(lower: 0, upper: 1)), hasEmbedding: true, hasHead: true)
    }
  }

  @Test("A tokenizer that does not fit together is refused in the right words", arguments: tokenizers)
  func refusedTokenizer(file: BrokenFile) throws {
    let folder = try ScratchFolder()
    let checkpoint = try Checkpoint(path: folder.write(file.make()))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.tokenizer }
    #expect(error?.description.contains(file.words) == true, "\(error?.description ?? "accepted")")
  }

  private static let values: [BrokenFile] = [
    BrokenFile("no architecture", "general.architecture is missing") { $0.set("general.architecture", nil) },
    BrokenFile("a string that is needed and not UTF-8", "general.architecture is a string that is not UTF-8") {
      $0.set("general.architecture", .raw(8, [2, 0, 0, 0, 0, 0, 0, 0, 0xC3, 0x28]))
    },
    BrokenFile("another architecture", "is 'gpt2', which this version does not compute; supported: llama") {
      $0.set("general.architecture", .string("gpt2"))
    },
    BrokenFile("an adapter", "general.type is 'adapter', not a model") {
      $0.set("general.type", .string("adapter"))
    },
    BrokenFile("no tensors", "holds a vocabulary but no weights") { $0.tensors = [] },
    BrokenFile("no layer count", "llama.block_count is missing") { $0.set("llama.block_count", nil) },
    BrokenFile("no layers", "llama.block_count is 0 but must be between 1 and 1024") {
      $0.set("llama.block_count", .u32(0))
    },
    BrokenFile("too many layers", "llama.block_count is 4294967295 but") {
      $0.set("llama.block_count", .u32(.max))
    },
    BrokenFile("a negative layer count", "llama.block_count is -2 but") {
      $0.set("llama.block_count", .i32(-2))
    },
    BrokenFile("a fractional layer count", "llama.block_count is not an integer") {
      $0.set("llama.block_count", .f32(2))
    },
    BrokenFile("too wide", "llama.embedding_length is 18446744073709551615 but") {
      $0.set("llama.embedding_length", .u64(.max))
    },
    BrokenFile("no context", "llama.context_length is 0 but") { $0.set("llama.context_length", .u32(0)) },
    BrokenFile("no feed-forward", "llama.feed_forward_length is missing") {
      $0.set("llama.feed_forward_length", nil)
    },
    BrokenFile("heads that do not divide the width", "llama.attention.head_count is 3, by which the width 8") {
      $0.set("llama.attention.head_count", .u32(3))
      $0.set("llama.attention.head_count_kv", .u32(3))
    },
    BrokenFile("heads of one number", "is 8, by which the width 8 cannot be divided into heads of 2 to 1024") {
      $0.set("llama.attention.head_count", .u32(8))
    },
    BrokenFile("a key length of 1", "llama.attention.key_length is 1 but must be between 2 and 1024") {
      $0.set("llama.attention.key_length", .u32(1))
    },
    BrokenFile("heads that cannot be shared", "is 3, which does not divide the 2 query heads") {
      $0.set("llama.attention.head_count_kv", .u32(3))
    },
    BrokenFile("a layer of more heads than its tensors have", "[8, 4], but the metadata calls for [8, 8]") {
      $0.set("llama.attention.head_count_kv", .u32s([1, 2]))
    },
    BrokenFile("heads for one layer of two", "has 1 entries for 2 layers") {
      $0.set("llama.attention.head_count_kv", .u32s([1]))
    },
    BrokenFile("a layer without heads", "llama.attention.head_count_kv has 0, which must be between 1 and") {
      $0.set("llama.attention.head_count_kv", .u32s([1, 0]))
    },
    BrokenFile("heads wider than all", "makes all heads together wider") {
      $0.set("llama.attention.head_count", .u32(2048))
      $0.set("llama.attention.key_length", .u32(1024))
    },
    BrokenFile("keys and values of different length", "llama.attention.value_length is 2 where keys have 4") {
      $0.set("llama.attention.value_length", .u32(2))
    },
    BrokenFile("an epsilon of 0", "rms_epsilon is 0.0 but must be positive") {
      $0.set("llama.attention.layer_norm_rms_epsilon", .f32(0))
    },
    BrokenFile("an epsilon below Float", "must be a small positive number") {
      $0.set("llama.attention.layer_norm_rms_epsilon", .f64(1e-300))
    },
    BrokenFile("an epsilon that is not a number", "is nan, which is not finite") {
      $0.set("llama.attention.layer_norm_rms_epsilon", .f32(.nan))
    },
    BrokenFile("a vocabulary smaller than the tokens", "has 5 entries, more than the vocabulary of 4") {
      $0.set("llama.vocab_size", .u32(4))
    },
    BrokenFile(
      "a vocabulary unlike the embedding", "has dimensions [8, 5], but the metadata calls for [8, 6]"
    ) {
      $0.set("llama.vocab_size", .u32(6))
    },
  ]

  private static let arithmetic: [BrokenFile] = [
    BrokenFile("an odd rotary dimension", "rope.dimension_count is 3 but must be even") {
      $0.set("llama.rope.dimension_count", .u32(3))
    },
    BrokenFile("a rotary dimension beyond the head", "rope.dimension_count is 6 but must be between 2 and 4") {
      $0.set("llama.rope.dimension_count", .u32(6))
    },
    BrokenFile("a negative base", "rope.freq_base is -1.0 but must be positive") {
      $0.set("llama.rope.freq_base", .f32(-1))
    },
    BrokenFile("an infinite base", "rope.freq_base is inf") {
      $0.set("llama.rope.freq_base", .f32(.infinity))
    },
    BrokenFile("an unknown scaling", "is 'dynamic', which this version does not compute; supported: none, linear") {
      $0.set("llama.rope.scaling.type", .string("dynamic"))
    },
    BrokenFile("LongRoPE without factors", "is 'longrope', but the tensor rope_factors_long.weight is missing") {
      $0.set("llama.rope.scaling.type", .string("longrope"))
    },
    BrokenFile("YaRN without a factor", "llama.rope.scaling.factor is missing") {
      $0.set("llama.rope.scaling.type", .string("yarn"))
    },
    BrokenFile("a scaling factor of 0", "llama.rope.scaling.factor is 0.0 but must be positive") {
      $0.set("llama.rope.scaling.factor", .f32(0))
    },
    BrokenFile("factors beside scaling", "asks for scaling beside the factors of rope_freqs.weight") {
      $0.set("llama.rope.scaling.factor", .f32(2))
      $0.addTensor("rope_freqs.weight", [2], [1, 1])
    },
    BrokenFile("too few rope factors", "tensor 'rope_freqs.weight' has dimensions [1]") {
      $0.addTensor("rope_freqs.weight", [1], [1])
    },
    BrokenFile("a rope factor of 0", "tensor 'rope_freqs.weight' has a factor that is not positive") {
      $0.addTensor("rope_freqs.weight", [2], [1, 0])
    },
    BrokenFile("experts", "qwen2.expert_count is 8.0: a mixture of experts") {
      $0.metadata = $0.metadata.map { ($0.0.replacing("llama.", with: "qwen2."), $0.1) }
      $0.set("general.architecture", .string("qwen2"))
      $0.set("qwen2.expert_count", .u32(8))
    },
    BrokenFile("attention to the future", "llama.attention.causal is 0.0: attention to later tokens") {
      $0.set("llama.attention.causal", .bool(false))
    },
  ]

  private static let tensors: [BrokenFile] = [
    BrokenFile("a missing tensor", "tensor 'blk.1.ffn_up.weight' is missing") { writer in
      writer.tensors.removeAll { $0.name == "blk.1.ffn_up.weight" }
    },
    BrokenFile("a missing layer", "tensor 'blk.2.attn_norm.weight' is missing") {
      $0.set("llama.block_count", .u32(3))
    },
    BrokenFile(
      "a layer too many", "tensor 'blk.1.attn_norm.weight' has no place in a llama model of 1 layers"
    ) {
      $0.set("llama.block_count", .u32(1))
    },
    BrokenFile("a bias", "tensor 'blk.0.attn_q.bias' is a bias") { $0.addOnes("blk.0.attn_q.bias", 8) },
    BrokenFile("a tensor of no known use", "tensor 'blk.0.attn_q_norm.weight' has no place in a llama model") {
      $0.addOnes("blk.0.attn_q_norm.weight", 4)
    },
    BrokenFile("a matrix turned round", "has dimensions [4, 8], but the metadata calls for [8, 4]") {
      $0.edit("blk.0.attn_k.weight") { $0.dimensions = [4, 8] }
    },
    BrokenFile("a vector for a matrix", "has dimensions [64], but") {
      $0.edit("blk.0.attn_q.weight") { $0.dimensions = [64] }
    },
    BrokenFile(
      "a type that is not read", "has type 24 (I8), which this version does not read; supported: F32, F16"
    ) {
      $0.edit("blk.0.attn_q.weight") { $0.type = 24 }
    },
    BrokenFile("an unknown type", "has type 99, which this version does not read") {
      $0.edit("blk.0.attn_q.weight") { $0.type = 99 }
    },
    BrokenFile("a quantized norm", "is a vector in Q8_0, where F32, F16 or BF16 is read") {
      $0 = .quantizedNorm
    },
  ]

  private static let tokenizers: [BrokenFile] = [
    BrokenFile("no tokenizer", "tokenizer.ggml.model is missing: the file has no tokenizer") {
      $0.set("tokenizer.ggml.model", nil)
    },
    BrokenFile("no tokens", "tokenizer.ggml.tokens is missing") { $0.set("tokenizer.ggml.tokens", nil) },
    BrokenFile("an empty vocabulary", "tokenizer.ggml.tokens has 0 entries") {
      $0.set("tokenizer.ggml.tokens", .strings([]))
    },
    BrokenFile("tokens that are numbers", "tokenizer.ggml.tokens is not an array of strings") {
      $0.set("tokenizer.ggml.tokens", .u32s([1, 2, 3]))
    },
    BrokenFile("a string for the tokens", "tokenizer.ggml.tokens is not an array;") {
      $0.set("tokenizer.ggml.tokens", .string("a b c"))
    },
    BrokenFile("an array of arrays where a list is read", "tokenizer.ggml.tokens is an array of arrays") {
      $0.set("tokenizer.ggml.tokens", .raw(9, [9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
    },
    BrokenFile("too few scores", "tokenizer.ggml.scores has 2 entries for 5 tokens") {
      $0.set("tokenizer.ggml.scores", .f32s([0, 0]))
    },
    BrokenFile("a score that is no number", "tokenizer.ggml.scores has a number that is not finite") {
      $0.set("tokenizer.ggml.scores", .f32s([0, 0, .nan, 0, 0]))
    },
    BrokenFile("scores in strings", "tokenizer.ggml.scores is not an array of numbers") {
      $0.set("tokenizer.ggml.scores", .strings(["0", "0", "0", "0", "0"]))
    },
    BrokenFile("an unknown kind", "tokenizer.ggml.token_type is 7 at token 4") {
      $0.set("tokenizer.ggml.token_type", .i32s([1, 1, 1, 1, 7]))
    },
    BrokenFile("merges in numbers", "tokenizer.ggml.merges is not an array of strings") {
      $0.set("tokenizer.ggml.merges", .f32s([1]))
    },
    BrokenFile("a string for an id", "bos_token_id is not an integer") {
      $0.set("tokenizer.ggml.bos_token_id", .string("<s>"))
    },
    BrokenFile("a number for a bool", "tokenizer.ggml.add_bos_token is not a bool") {
      $0.set("tokenizer.ggml.add_bos_token", .u32(2))
    },
  ]
}

extension GGUFWriter {
  /// One layer of width 32 whose first norm is quantized.
  fileprivate static var quantizedNorm: GGUFWriter {
    var writer = GGUFWriter()
    writer.metadata = GGUFWriter.tinyModel().metadata
    writer.set("llama.embedding_length", .u32(32))
    writer.addMatrix("token_embd.weight", 32, 5)
    writer.tensors.append(
      Tensor(name: "output_norm.weight", dimensions: [32], type: 8, bytes: [UInt8](repeating: 0, count: 34)))
    return writer
  }
}
