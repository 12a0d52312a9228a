extension FieldTable {
  static let messages = FieldTable(
    "`/v1/messages`",
    [
      .obeyed("model", "a name of the served model, or empty"),
      .obeyed("messages", "required", "roles `user` and `assistant`; an assistant's message at the end is continued"),
      .obeyed("max_tokens", "open", "new tokens at most"),
      .obeyed("system", "a text, or blocks of text"),
      .obeyed("stop_sequences", "up to 16 strings"),
      .obeyed("stream", "false", "send events instead of one object"),
      .obeyed("temperature", "1", "0 (greedy) to 100"),
      .obeyed("top_k", "0", "0 keeps all"),
      .obeyed("top_p", "1", "0 to 1"),
      .obeyed("tools", "functions that the model may call, of the type `custom`"),
      .obeyed(
        "tool_choice", "auto",
        "its `type` is auto, any, tool (with a `name`) or none; `disable_parallel_tool_use` ends an answer after one"),
      .obeyed("output_config", "its `format` is a `json_schema` that the answer is valid under"),
      .obeyed("output_format", "the same format"),
      .obeyed("thinking", "its `type` sets the template's `enable_thinking`"),
      .refused("mcp_servers", "the server reaches no other"),
      .refused("container", "the server runs no code"),
      .refused("context_management", "a context is never edited"),
    ] + named(["metadata", "service_tier", "inference_geo", "speed", "cache_control"], "bookkeeping of the client"))

  static let messagesMessage = FieldTable(
    "a message",
    [.obeyed("role", "required", "`user` or `assistant`"), .obeyed("content", "required", "text or blocks")])

  static let messagesBlock = FieldTable("a block", named(["cache_control", "citations", "signature"], "hints"))

  static let messagesTool = FieldTable(
    "a tool", named(["cache_control"], "a hint"))

  static let outputConfig = FieldTable("`output_config`", named(["effort"], "say it in a message"))

  static let messagesToolChoice = FieldTable("`tool_choice`", [])

  static let thinking = FieldTable("`thinking`", named(["budget_tokens", "display"], "thoughts are not limited"))
}
