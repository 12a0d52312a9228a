import JSON

extension FieldTable {
  static let chat = FieldTable("a chat", generation.fields + chatFields.fields)
  static let completion = FieldTable("a text completion", generation.fields + completionFields.fields)

  /// What a chat has beside the fields of both kinds.
  static let chatFields = FieldTable(
    "a chat",
    [
      .obeyed("messages", "required", "up to 65,536; see below"),
      .obeyed("logprobs", "false", "log-probabilities of each token"),
      .obeyed("top_logprobs", "0", "up to 20 alternatives of each token"),
      .obeyed(
        "add_generation_prompt", "true",
        "whether the template opens the assistant's turn; false where the last message is continued"),
      .obeyed("chat_template_kwargs", "variables for the template, for example `{\"enable_thinking\": false}`"),
      .obeyed(
        "continue_final_message", "open",
        "the answer continues the last message; true by default where that is an assistant's text and "
          + "`add_generation_prompt` is not given"),
      .obeyed("tools", "functions that the model may call, up to 512; see below"),
      .obeyed(
        "tool_choice", "auto",
        "`none`, `auto`, `required`, a function's name as OpenAI writes it, or `allowed_tools`; a call that must "
          + "come is bound to its form and schema"),
      .obeyed("parallel_tool_calls", "true", "false ends an answer after its first call"),
      .obeyed("functions", "the same in OpenAI's older form"),
      .obeyed("function_call", "auto", "the same in OpenAI's older form"),
      .obeyed("documents", "handed to the template"),
      .obeyed("reasoning_effort", "handed to the template; `none` sets its `enable_thinking` to false, too"),
      .obeyed("reasoning_format", "auto", "`none` leaves thoughts in the content"),
      .obeyed("include_reasoning", "true", "false leaves thoughts out"),
      .refused("chat_template", "the template is the model's own"),
      .refused("echo", "a chat is not repeated"),
      .refused("add_special_tokens", "the template writes them"),
      .refused("audio", "the model accepts text only"),
      .refused("modalities", "the model writes text only", unless: [.array([.string("text")])]),
      .refused("web_search_options", "the server reaches no other"),
      .refused("enable_thinking", "see chat_template_kwargs", unless: []),
      .refused("separate_reasoning", "see reasoning_format", unless: [.bool(true)]),
      .refused("thinking_budget", "thoughts are not limited"),
      .refused("thinking_token_budget", "thoughts are not limited"),
      .refused("reasoning_budget", "thoughts are not limited", unless: [.integer(-1)]),
      .refused("verbosity", "say it in a message", unless: [.string("medium")]),
      .ignored("mm_processor_kwargs", "the model accepts text only"),
      .ignored("media_io_kwargs", "the model accepts text only"),
      .refused("parse_tool_calls", "calls are always parsed; see tool_choice", unless: [.bool(true)]),
    ])

  /// What a text completion has beside the fields of both kinds.
  static let completionFields = FieldTable(
    "a text completion",
    [
      .obeyed(
        "prompt", "required",
        "a string, an array of strings, an array of token ids, or an array of such arrays; up to 256 prompts"),
      .obeyed("echo", "false", "the answer repeats the prompt; with `logprobs` the prompt's tokens are scored, too"),
      .obeyed("logprobs", "0 to 20 alternatives of each token"),
      .obeyed("suffix", "the text behind what the model fills in; refused where it was not trained to"),
      .refused("tools", "a text calls nothing; ask for a chat"),
      .refused("functions", "a text calls nothing; ask for a chat"),
      .refused("chat_template_kwargs", "a text has no template; ask for a chat"),
      .refused("prompt_embeds", "prompts are text or token ids"),
      .refused("add_special_tokens", "a prompt of text has the begin token of its model", unless: [.bool(true)]),
    ])

  static let message = FieldTable(
    "a message",
    [
      .obeyed("role", "required", "`system`, `developer` (the same), `user`, `assistant` or `tool`"),
      .obeyed("content", "required", "a string or an array of text parts; null or absent beside calls"),
      .obeyed("name", "handed to the template"),
      .obeyed("tool_calls", "handed to the template"),
      .obeyed("tool_call_id", "handed to the template"),
      .obeyed("reasoning_content", "handed to the template"),
      .refused("audio", "the model accepts text only"),
      .obeyed("reasoning", "the same as `reasoning_content`"),
      .obeyed("function_call", "a call in OpenAI's older form"),
      .ignored("refusal", "an answer that was refused is text like any other"),
      .ignored("annotations", "marks of other servers"),
    ])

  static let contentPart = FieldTable(
    "a part",
    [
      .obeyed("type", "required", "`text`"), .obeyed("text", "required", "the text"),
      .ignored("cache_control", "a hint for speed"),
    ])

  /// An object whose members are handed on as they are.
  static let open = FieldTable("an object", [])

  static let tool = FieldTable(
    "a tool",
    [
      .obeyed("type", "`function`", "`function`"), .obeyed("function", "required", "see below"),
      .ignored("cache_control", "a hint for speed"),
    ])

  static let function = FieldTable(
    "a function",
    [
      .obeyed("name", "required", "as calls name it"),
      .obeyed("description", "handed to the template"),
      .obeyed("parameters", "the JSON schema of its arguments; handed to the template"),
      .obeyed("strict", "false", "whether arguments are bound to the schema, also where the model need not call"),
    ])

  static let messageCall = FieldTable(
    "a call",
    [.obeyed("function", "required", "its name and arguments"), .obeyed("id", "handed to the template")])

  static let calledFunction = FieldTable(
    "a called function",
    [.obeyed("name", "required", "its name"), .obeyed("arguments", "JSON as text; handed to the template")])

  static let tokenize = FieldTable(
    "`/tokenize`",
    [
      .obeyed("prompt", "a text; this, `content` or `messages` is required"),
      .obeyed("content", "a text, as llama-server calls it"),
      .obeyed("messages", "a chat, with the fields of `/apply-template`"),
      .obeyed(
        "add_special_tokens", "true; false of `content`", "whether the begin token comes first, if the model uses one"),
      .obeyed("add_special", "the same, as llama-server calls it"),
      .obeyed("parse_special", "true", "whether spellings of control tokens become these"),
      .obeyed("return_token_strs", "false", "the texts of the tokens, as `token_strs`"),
      .obeyed("with_pieces", "false", "each token is an object with its `id` and `piece`"),
      .ignored("model", "one model is served"),
    ])

  static let applyTemplate = FieldTable(
    "`/apply-template`",
    chatFields.fields.filter {
      [
        "messages", "tools", "tool_choice", "functions", "function_call", "parallel_tool_calls",
        "add_generation_prompt", "continue_final_message", "chat_template_kwargs", "reasoning_effort", "chat_template",
      ].contains($0.name)
    } + [.ignored("model", "one model is served")])

  static let detokenize = FieldTable(
    "`/detokenize`",
    [
      .obeyed("tokens", "required", "token ids"),
      .obeyed(
        "skip_special_tokens",
        "false spells all control tokens, true leaves them out; absent spells all but a begin token at the start"),
      .ignored("model", "one model is served"),
    ])

  /// All tables, in the order of the page.
  static let pages: [FieldTable] = [
    generation, ConstraintNames.responseFormat, ConstraintNames.jsonSchema, ConstraintNames.structuredOutputs,
    streamOptions, chatFields, message, contentPart, tool,
    function, completionFields, nativeFields, InfillTables.own,
    messages, ResponsesTables.body, OllamaTables.chat, OllamaTables.generate, EmbeddingTables.embeddings,
    EmbeddingTables.ollama, EmbeddingTables.score, EmbeddingTables.rerank, tokenize, detokenize,
    applyTemplate,
  ]
}
