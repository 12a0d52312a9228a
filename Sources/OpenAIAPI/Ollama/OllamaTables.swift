import JSON

/// The fields of Ollama's endpoints.
enum OllamaTables {
  private static let ollamaFields: [RequestField] =
    [
      .obeyed("model", "a name of the served model, or empty"),
      .obeyed("stream", "true", "send lines instead of one object"),
      .obeyed("options", "see below"),
      .obeyed("format", "`json`, or a JSON Schema that the answer is valid under"),
      .refused("template", "the template is the model's own"),
      .refused("logprobs", "see `/v1/chat/completions`"),
      .refused("top_logprobs", "see `/v1/chat/completions`", unless: [0]),
    ] + FieldTable.named(["keep_alive"], "the model stays")
    + FieldTable.named(["truncate", "shift"], "a prompt is never cut")

  static let chat = FieldTable(
    "`/api/chat`",
    ollamaFields + [
      .obeyed("messages", "required", "with `role`, `content`, `thinking`, `tool_calls` and `tool_name`"),
      .obeyed("tools", "functions that the model may call"),
      .obeyed("think", "sets the template's `enable_thinking`, or its `reasoning_effort`"),
    ])

  static let generate = FieldTable(
    "`/api/generate`",
    ollamaFields + [
      .obeyed("prompt", "required", "a text, which becomes a chat's message"),
      .obeyed("system", "a text for the system's message"),
      .obeyed("raw", "false", "the prompt goes to the model as it is"),
      .obeyed("suffix", "the text behind what the model fills in; refused where it was not trained to"),
      .refused("context", "send the messages to `/api/chat`"),
      .refused("images", "the model accepts text only"),
      .refused("think", "see `/api/chat`"),
    ])

  static let message = FieldTable("a message", [.refused("images", "the model accepts text only")])

  static let options = FieldTable(
    "`options`",
    SamplingNames.fields + [
      .obeyed("num_predict", "open", "new tokens at most; -1 and -2 are open"),
      .obeyed("stop", "up to 16 strings"),
    ]
      + FieldTable.named(
        [
          "num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "use_mlock", "num_thread", "num_keep", "numa",
          "low_vram",
        ],
        "settings of the server"))
}
