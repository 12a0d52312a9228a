/// What `transformers` calls a family's tensors, and GGUF.
struct FolderNames: Sendable {
  /// Modules of a layer, without `.weight` and `.bias`; names that end in neither stand for whole ones.
  private var layer: [String: String]
  /// The same for modules that are two in GGUF.
  private var pairs: [String: Pair] = [:]
  private var prefix = "model.layers."
  /// What names of other parts than the text's begin with.
  private var otherParts: [String] = []
  private var ends = ["model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"]

  /// Two modules whose rows lie in one, of each matrix: the one's before the other's, or in turns.
  struct Pair: Sendable {
    let first, second: String
    var takesTurns = false
  }

  struct Place {
    /// GGUF's name.
    let name: String
    /// Of a tensor that has those of all experts, one behind the other.
    var expert: Int?
    /// Which of the rows are the tensor's; nil is all.
    var share: RowShare?
  }

  /// What most families call theirs.
  static let common = FolderNames(layer: [
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "mlp.gate": "ffn_gate_inp", "mlp.experts.*.gate_proj": "ffn_gate_exps", "mlp.experts.*.up_proj": "ffn_up_exps",
    "mlp.experts.*.down_proj": "ffn_down_exps",
  ])

  /// Norms before and after each part.
  static let sandwich = common.with([
    "post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
  ])

  private init(layer: [String: String]) { self.layer = layer }

  func with(
    _ other: [String: String], ends: [String: String] = [:], pairs: [String: Pair] = [:]
  ) -> FolderNames {
    var names = self
    names.ends.merge(ends) { $1 }
    names.layer.merge(other) { $1 }
    names.pairs.merge(pairs) { $1 }
    return names
  }

  /// The same names in layers and at ends that are called otherwise.
  func around(prefix: String, ends: [String: String], besides otherParts: [String] = []) -> FolderNames {
    var names = self
    (names.prefix, names.ends, names.otherParts) = (prefix, ends, otherParts)
    return names
  }

  /// Whether a tensor is of another part than the text's, which is not read.
  func isOfOtherPart(_ name: String) -> Bool { otherParts.contains { name.hasPrefix($0) } }

  /// What becomes of a tensor; none for a name that the family does not have.
  func places(of name: String) -> [Place] {
    guard let dot = name.lastIndex(of: ".") else { return [] }
    if ![".weight", ".bias"].contains(name[dot...]) {
      guard let (number, words) = layer(of: name[...]) else { return [] }
      return places(words.joined(separator: "."), layer: number, kind: "", expert: nil)
    }
    if let end = ends[String(name[..<dot])] { return [Place(name: end + name[dot...])] }
    guard let (number, words) = layer(of: name[..<dot]) else { return [] }
    var expert: Int?
    let module = words.map { word -> Substring in
      guard expert == nil, let number = Self.number(word) else { return word }
      expert = number
      return "*"
    }
    return places(module.joined(separator: "."), layer: number, kind: name[dot...], expert: expert)
  }

  private func places(_ module: String, layer number: Int, kind: Substring, expert: Int?) -> [Place] {
    if let name = layer[module] { return [Place(name: "blk.\(number).\(name)\(kind)", expert: expert)] }
    guard let pair = pairs[module] else { return [] }
    return [pair.first, pair.second].enumerated().map { index, name in
      let share = RowShare(index: index, takesTurns: pair.takesTurns)
      return Place(name: "blk.\(number).\(name)\(kind)", expert: expert, share: share)
    }
  }

  /// The number of a tensor's layer, and the words behind it; nil for one of no layer.
  func layer(of name: Substring) -> (number: Int, words: ArraySlice<Substring>)? {
    guard name.hasPrefix(prefix) else { return nil }
    let words = name.dropFirst(prefix.count).split(separator: ".", omittingEmptySubsequences: false)
    guard let first = words.first, let number = Self.number(first) else { return nil }
    return (number, words.dropFirst())
  }

  /// Numbers that follow from the configuration, which old files have beside the weights.
  static func isUnused(_ name: String) -> Bool { name.hasSuffix(".rotary_emb.inv_freq") }

  /// Of digits alone, as they are written.
  private static func number(_ text: Substring) -> Int? {
    guard text.utf8.count <= 6, let number = Int(text), "\(number)" == text else { return nil }
    return number
  }
}
