import JSON

extension FieldTable {
  /// Fields of a chat and of a text completion alike.
  static let generation = FieldTable(
    "both kinds of completion",
    generationObeyed + SamplingNames.fields + ConstraintNames.fields + generationRefused + hints)

  private static let generationObeyed: [RequestField] = [
    .obeyed("model", "a name of the served model, or empty; any other name is 404"),
    .obeyed("stream", "false", "send events instead of one object"),
    .obeyed("stream_options", "see below"),
    .obeyed(
      "max_completion_tokens", "open", "new tokens at most, by the first of these three; -1 is open. Clipped"),
    .obeyed("max_tokens", "open", "the same"),
    .obeyed("n_predict", "open", "the same, as llama-server calls it; -2 is open, too"),
    .obeyed("stop", "a string or up to 16, of at most 256 bytes each; the answer ends before it"),
    .obeyed("stop_token_ids", "up to 256 token ids"),
    .obeyed("include_stop_str_in_output", "false", "the answer ends after its stop string instead"),
    .obeyed("n", "1", "answers to each prompt, up to 128; they differ in their seeds"),
    .obeyed("best_of", "`n`", "answers of which the `n` likeliest are returned; not in a stream"),
    .obeyed("truncate_prompt_tokens", "keeps only so many tokens of the prompt's end; -1 keeps all"),
    .obeyed("return_token_ids", "false", "`token_ids` of each choice, and `prompt_token_ids`"),
    .obeyed("prompt_logprobs", "0 to 20 alternatives of each prompt token, as vLLM reports them; not in a stream"),
    .obeyed("ignore_eos", "false", "continue after end tokens"),
    .obeyed("priority", "0", "of requests that wait, those with the least number are admitted first"),
    .obeyed("timeout", "none", "seconds; an answer that takes longer, waiting included, ends with 504"),
    .obeyed("cache_prompt", "true", "begin with what was computed for earlier requests, and keep this one's for later"),
    .obeyed("cache_salt", "share that with requests of the same key and salt only"),
    .obeyed(
      "t_max_predict_ms", "none", "milliseconds from the first token on; past them an answer ends that has a line break"
    ),
    .obeyed("return_progress", "false", "events of a stream say how far the prompt is, as `prompt_progress`"),
    .obeyed("timings_per_token", "false", "every event of a stream has the `timings` so far"),
    .obeyed("verbose", "false", "the answer has its prompt's text, control tokens included, as `__verbose.prompt`"),
    .obeyed(
      "policy", "automatic",
      "where far tokens are seen: `plain`, or a method with its numbers, as `self-extend:8,1024` or `rerope:1024`"),
    .obeyed("group_size", "automatic", "SelfExtend's G for this request; 1 is plain attention"),
    .obeyed("neighbor_window", "automatic", "SelfExtend's w for this request"),
  ]

  private static let generationRefused: [RequestField] = [
    .refused("allowed_token_ids", "the vocabulary cannot be narrowed"),
    .refused("bad_words", "words cannot be excluded"),
    .refused("skip_special_tokens", "an answer has no special tokens", unless: [.bool(true)]),
    .refused("return_tokens_as_token_ids", "answers are text"),
    .refused("use_beam_search", "answers are sampled"),
    .refused("logits_processors", "the server runs no code of a request"),
    .refused("vllm_xargs", "the server runs no code of a request"),
    .refused("kv_transfer_params", "caches are not moved between servers"),
    .refused("lora", "the model has no adapters"),
    .refused("image_data", "the model accepts text only"),
    .refused("multimodal_data", "the model accepts text only"),
    .refused("response_fields", "see `/completion`"),
    .refused("post_sampling_probs", "probabilities are the model's, before sampling"),
    .refused("n_probs", "ask by logprobs", unless: [.integer(0)]),
    .refused("n_indent", "lines have no least indentation", unless: [.integer(0)]),
    .refused("stop_regex", "stop strings are texts; see stop"),
    .refused("custom_logit_processor", "the server runs no code of a request"),
    .refused("lora_path", "the model has no adapters"),
    .refused("return_hidden_states", "answers are text"),
    .refused("extra_body", "its members belong into the body itself"),
    .refused("options", "Ollama's endpoints take it; here its members belong into the body itself"),
  ]

  /// Whatever these hold, the answer is the same.
  private static let hints: [RequestField] =
    named(
      [
        "user", "metadata", "store", "safety_identifier", "service_tier", "prompt_cache_key", "prompt_cache_retention",
        "request_id",
      ],
      "bookkeeping of the client")
    + named(["id_slot", "slot_id", "n_cache_reuse"], "hints for a scheduler")
    + named(["n_keep", "n_discard"], "a context is never shifted")
    + named(["length_penalty", "early_stopping"], "these steer beam search, which is refused")
    + named(["spaces_between_special_tokens"], "an answer has no special tokens")
    + named(
      ["guided_decoding_backend", "guided_whitespace_pattern"],
      "white space is a blank, or a line end and its indentation")
    + named(["prediction"], "a hint for speed")
    + named(["speculative.n_max", "speculative.n_min", "speculative.p_min"], "hints for speed")

  static func named(_ names: [String], _ note: String) -> [RequestField] { names.map { .ignored($0, note) } }

  static let streamOptions = FieldTable(
    "`stream_options`",
    [
      .obeyed("include_usage", "false", "a last event carries `usage`"),
      .obeyed("continuous_usage_stats", "false", "every event carries the usage so far"),
      .ignored("include_obfuscation", "events carry no padding"),
    ])
}
