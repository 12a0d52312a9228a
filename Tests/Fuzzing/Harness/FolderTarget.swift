import Core
import Glibc
import Weights

/// A Hugging Face folder: `config.json`, a NUL, and a safetensors file. Shapes are read, and a stage is loaded when
/// that goes well.
enum FolderTarget {
  static let folder = FuzzTarget(name: "folder", maximumByteCount: 8192) {
    let common = #""hidden_size":8,"intermediate_size":8,"num_hidden_layers":1,"num_attention_heads":2,"#
    let rest = #""vocab_size":4,"max_position_embeddings":64,"rms_norm_eps":1e-5"#
    let rope = #","rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,"#
    let eight = #","quantization_config":{"quant_method":"fp8","weight_block_size":[4,4]}"#
    return [
      (#"{"model_type":"llama",\#(common)\#(rest)\#(rope)"original_max_position_embeddings":64}}"#, "F32"),
      (#"{"model_type":"qwen2",\#(common)\#(rest)}"#, "BF16"),
      (#"{"model_type":"gemma",\#(common)"head_dim":4,\#(rest)}"#, "F16"),
      (#"{"model_type":"mistral",\#(common)\#(rest)\#(eight)}"#, "F8_E4M3"),
    ].map { config, type in Array(config.utf8) + [0] + weights(type) }
  } run: { bytes in
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard let path, write(Array(parts[0]), path + "/config.json"),
      write(Array(parts.dropFirst().first ?? []), path + "/model.safetensors")
    else { return }
    do {
      let checkpoint = try Checkpoint(path: path)
      _ = checkpoint.fingerprint
      _ = try checkpoint.footprint
      if let layers = LayerRange(lower: 0, upper: 1) {
        _ = try StageWeights(checkpoint, layers: layers, hasEmbedding: true, hasHead: true)
      }
    } catch {
      require(!"\(error)".isEmpty, "a refusal has a text")
    }
  }

  /// A file of one layer.
  private static func weights(_ type: String) -> [UInt8] {
    let modules =
      ["q", "k", "v", "o"].map { "self_attn.\($0)_proj" } + ["gate", "up", "down"].map { "mlp.\($0)_proj" }
    let norms = ["model.norm", "model.layers.0.input_layernorm", "model.layers.0.post_attention_layernorm"]
    let isScaled = type == "F8_E4M3"
    let wide = isScaled ? "BF16" : type
    var tensors: [(String, String, [Int])] = norms.map { ("\($0).weight", wide, [8]) }
    tensors += ["model.embed_tokens", "lm_head"].map { ("\($0).weight", wide, [4, 8]) }
    for module in modules {
      let name = "model.layers.0.\(module).weight"
      tensors.append((name, type, [8, 8]))
      if isScaled { tensors.append((name + "_scale_inv", "F32", [2, 2])) }
    }
    let sizes = ["F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1]
    return Safetensors(
      tensors.map { name, type, shape in
        (name, type, shape, [UInt8](repeating: 0, count: shape.reduce(1, *) * (sizes[type] ?? 1)))
      }
    ).bytes
  }

  /// A folder in memory, removed when the process ends.
  private static let path: String? = {
    var name = Array("/dev/shm/longhaul-fuzz-XXXXXX".utf8CString)
    guard mkdtemp(&name) != nil else { return nil }
    let path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    atexit {
      guard let path = FolderTarget.path else { return }
      for file in ["/config.json", "/model.safetensors"] { unlink(path + file) }
      rmdir(path)
    }
    return path
  }()

  /// Writes over the file, as a new one: what was mapped of the last stays as it was.
  private static func write(_ bytes: [UInt8], _ path: String) -> Bool {
    unlink(path)
    guard let file = fopen(path, "w") else { return false }
    defer { fclose(file) }
    return fwrite(bytes, 1, bytes.count, file) == bytes.count
  }
}
