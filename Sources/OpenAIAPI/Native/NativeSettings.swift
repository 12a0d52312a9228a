import Core
import JSON

/// What a text is sampled with, in llama-server's names: `generation_settings` of answers, and `params` of `/props`.
enum NativeSettings {
  /// - Parameters:
  ///   - sampling: what the engine is asked for.
  ///   - seed: nil where every answer gets its own.
  ///   - endTokens: what ends an answer.
  static func json(
    _ common: CommonFields, _ sampling: SamplingParameters, seed: UInt64?, endTokens: Set<TokenID>
  ) -> JSONValue {
    let dry = sampling.dry
    let limit = JSONValue.integer(common.maximumNewTokens ?? -1)
    let settings: JSONObject = [
      "seed": .integer(seed.map { Int(truncatingIfNeeded: $0) } ?? -1), "n_predict": limit, "max_tokens": limit,
      "temperature": number(sampling.temperature), "dynatemp_range": 0, "dynatemp_exponent": 1,
      "top_k": .integer(sampling.topK), "top_p": number(sampling.topP), "min_p": number(sampling.minP),
      "top_n_sigma": sampling.topNSigma > 0 ? number(sampling.topNSigma) : -1,
      "xtc_probability": number(sampling.xtcProbability), "xtc_threshold": number(sampling.xtcThreshold),
      "typical_p": number(sampling.typicalP), "repeat_last_n": -1,
      "repeat_penalty": number(sampling.repetitionPenalty), "presence_penalty": number(sampling.presencePenalty),
      "frequency_penalty": number(sampling.frequencyPenalty), "dry_multiplier": number(dry.multiplier),
      "dry_base": number(dry.base), "dry_allowed_length": .integer(dry.allowedLength),
      "dry_penalty_last_n": .integer(dry.lookback ?? -1),
      "dry_sequence_breakers": .array(common.sampling.dry.breakers.map { .string($0) }),
      "mirostat": 0, "mirostat_tau": 5, "mirostat_eta": number(0.1), "adaptive_target": -1,
      "adaptive_decay": number(0.9),
      "stop": .array(common.stop.strings.map { .string($0) }), "n_keep": 0, "n_discard": 0, "n_probs": 0, "min_keep": 0,
      "ignore_eos": .bool(common.stop.ignoresEndTokens), "stream": .bool(common.isStreamed),
      "grammar": .string(common.constraint?.source ?? ""), "lora": [], "post_sampling_probs": false,
      "samplers": ["penalties", "dry", "top_n_sigma", "temperature", "typ_p", "top_k", "top_p", "min_p", "xtc"],
      "timings_per_token": .bool(common.stream.hasTimings),
      "logit_bias": .array(biases(common, sampling, endTokens)),
    ]
    return .object(settings)
  }

  /// An excluded token has the bias null. One that ends no answer counts as excluded, as llama-server has it.
  private static func biases(
    _ common: CommonFields, _ sampling: SamplingParameters, _ endTokens: Set<TokenID>
  ) -> [JSONValue] {
    let given = sampling.logitBiases.map { ($0.token, $0.bias) }
    let ignored = common.stop.ignoresEndTokens ? endTokens.sorted().map { ($0, -Float.infinity) } : []
    return (given + ignored).map { token, bias in
      ["token": .integer(Int(token)), "bias": bias.isFinite ? number(bias) : .null]
    }
  }

  /// With as many digits as tell the number from others of its precision.
  private static func number(_ value: Float) -> JSONValue { .number(JSONNumber(Double("\(value)") ?? Double(value))) }
}
