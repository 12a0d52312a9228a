import JSON

/// The fields of `/v1/responses` and of what lies in it.
enum ResponsesTables {
  static let body = FieldTable(
    "`/v1/responses`",
    [
      .obeyed("model", "a name of the served model, or empty"),
      .obeyed(
        "input", "required", "a text, or items: messages, reasoning, function calls and their outputs, of text only"),
      .obeyed("instructions", "the system's message; later responses do not inherit it"),
      .obeyed("previous_response_id", "the response that this one continues"),
      .obeyed("max_output_tokens", "open", "new tokens at most"),
      .obeyed("stream", "false", "send events instead of one object"),
      .obeyed("stream_options", "nothing of it changes the events"),
      .obeyed("store", "true", "whether the response is kept in memory, among the newest 1,024 and 64 MiB"),
      .obeyed("background", "false", "answer at once; the response is made meanwhile"),
      .obeyed("text", "its `format` is `text`, `json_object` or a `json_schema`"),
      .obeyed("tools", "functions that the model may call"),
      .obeyed("tool_choice", "auto", "`none`, `auto`, `required`, a function, or `allowed_tools`"),
      .obeyed("parallel_tool_calls", "true", "false ends an answer after its first call"),
      .obeyed("reasoning", "its `effort` is handed to the template"),
      .obeyed("return_progress", "false", "`response.in_progress` says how far the prompt is, as `prompt_progress`"),
      .obeyed("timings_per_token", "false", "deltas of text and the last event have the `timings` so far"),
      .obeyed("top_logprobs", "0", "up to 20 alternatives of each token of a message"),
      .obeyed("truncation", "disabled", "`disabled`"),
      .obeyed("metadata", "repeated in the response"),
      .obeyed("user", "repeated in the response"),
      .refused("conversation", "see previous_response_id", unless: [.string("")]),
      .refused("prompt", "the server keeps no prompts"),
      .refused("max_tool_calls", "the server has no tools of its own"),
      .refused("context_management", "a context is never edited"),
    ] + SamplingNames.fields
      + FieldTable.named(
        [
          "include", "service_tier", "safety_identifier", "prompt_cache_key",
          "prompt_cache_retention",
        ], "bookkeeping of the client; log-probabilities come with `top_logprobs`"))

  static let streamOptions = FieldTable(
    "`stream_options`", FieldTable.named(["include_obfuscation"], "events carry no padding"))
  static let text = FieldTable("`text`", FieldTable.named(["verbosity"], "say it in a message"))
  static let format = FieldTable(
    "`text.format`", FieldTable.named(["name", "description", "strict"], "the schema says it all"))
  static let reasoning = FieldTable(
    "`reasoning`", FieldTable.named(["summary", "generate_summary"], "thoughts are given whole"))
  static let item = FieldTable("an item", FieldTable.named(["id", "status", "phase"], "bookkeeping"))
  static let tool = FieldTable("a tool", [])
}
