import JSON

/// The fields that say how tokens are sampled, in the names of OpenAI, vLLM and llama-server.
enum SamplingNames {
  static let fields: [RequestField] = obeyed + refused + ignored

  private static let obeyed: [RequestField] = [
    .obeyed("temperature", "1", "0 (greedy) to 100"),
    .obeyed("top_k", "0", "0 or -1 keeps all"),
    .obeyed("top_p", "1", "0 to 1"),
    .obeyed("min_p", "0", "0 to 1"),
    .obeyed("repetition_penalty", "1", "0.01 to 100; prompt tokens count"),
    .obeyed("repeat_penalty", "1", "the same, as llama-server calls it"),
    .obeyed("presence_penalty", "0", "-100 to 100; generated tokens count"),
    .obeyed("frequency_penalty", "0", "-100 to 100; generated tokens count"),
    .obeyed("top_n_sigma", "off", "keeps logits within so many standard deviations of the largest; 0 or -1 is off"),
    .obeyed("typical_p", "1", "0.001 to 1: keeps the tokens that are about as surprising as expected"),
    .obeyed("xtc_probability", "0", "how often all likely tokens but the last of them are dropped"),
    .obeyed("xtc_threshold", "0.1", "the probability from which on a token is likely to XTC"),
    .obeyed("dry_multiplier", "0", "DRY: how much a token loses that would carry on a repetition; 0 is off"),
    .obeyed("dry_base", "1.75", "1 to 100: by what the loss is multiplied for each token more"),
    .obeyed("dry_allowed_length", "2", "the longest repetition that costs only the multiplier"),
    .obeyed("dry_penalty_last_n", "-1", "tokens in which repetitions are looked for; -1 takes all, 0 is off"),
    .obeyed(
      "dry_sequence_breakers", #"`["\n", ":", "\"", "*"]`"#,
      "up to 64 texts of at most 40 bytes across which nothing is a repetition"),
    .obeyed(
      "logit_bias",
      "biases by token id or text, -100 to 100: an object, or an array of pairs, where false excludes a token; up to "
        + "1024"),
    .obeyed("min_tokens", "0", "no end token and none of `stop_token_ids` comes before so many tokens"),
    .obeyed("seed", "random", "any 64-bit integer; -1 is random. The same seed gives the same text"),
  ]

  private static let refused: [RequestField] = [
    .refused("mirostat", unavailable, unless: [.integer(0)]),
    .refused("dynatemp_range", unavailable, unless: [.integer(0)]),
    .refused("adaptive_target", unavailable, unless: [.integer(-1)]),
    .refused("tfs_z", unavailable, unless: [.integer(1)]),
    .refused("top_a", unavailable, unless: [.integer(0)]),
    .refused("smoothing_factor", unavailable, unless: [.integer(0)]),
    .refused("min_keep", "the filters keep at least one token", unless: [.integer(0), .integer(1)]),
    .refused("repeat_last_n", "penalties count the whole context", unless: [.integer(-1)]),
    .refused(
      "samplers",
      "the order is penalties, dry, top_n_sigma, temperature, typical_p, top_k, top_p, min_p, xtc"),
    .refused("repetition_detection", "see repetition_penalty"),
  ]

  private static let unavailable = "there is no such sampler; see top_k, top_p and min_p"

  private static let ignored: [RequestField] = FieldTable.named(
    [
      "mirostat_tau", "mirostat_eta", "dynatemp_exponent", "adaptive_decay",
    ], "these steer samplers that are refused")
}
