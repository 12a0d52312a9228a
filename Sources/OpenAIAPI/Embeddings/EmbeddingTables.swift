import JSON

/// The fields of the endpoints that make vectors of texts.
enum EmbeddingTables {
  private static let shared: [RequestField] =
    [
      .obeyed("model", "a name of the served model, or empty"),
      .obeyed("pooling", "mean", "how the hidden states of a text become one: `mean`, `last` or `class` (the first)"),
      .obeyed("dimensions", "all", "numbers that are kept, from the first on"),
      .obeyed("truncate_prompt_tokens", "keeps only so many tokens of a text's beginning; -1 fits it to the context"),
    ] + FieldTable.named(["user", "priority", "request_id"], "bookkeeping of the client")

  private static let lengths: [RequestField] = [
    .obeyed("normalize", "true", "whether vectors are made 1 long"),
    .obeyed("embd_normalize", "2", "-1 leaves vectors as they are, as llama-server calls it"),
  ]

  static let embeddings = FieldTable(
    "`/v1/embeddings`",
    shared + lengths + [
      .obeyed("input", "a string, an array of strings, or token ids in either form; this or `content` is required"),
      .obeyed("content", "the same, as llama-server calls it; the answer has its form then"),
      .obeyed("encoding_format", "float", "`float` or `base64`"),
      .refused("messages", "texts are embedded; see `/apply-template`"),
      .refused("image_data", "the model accepts text only"),
      .refused("add_special_tokens", "a text has the begin token of its model", unless: [.bool(true)]),
    ])

  static let ollama = FieldTable(
    "`/api/embed`",
    shared + lengths + [
      .obeyed("input", "required", "a string or an array of strings"),
      .obeyed("prompt", "one text, as the older `/api/embeddings` has it"),
      .obeyed("truncate", "true", "whether a text that is too long is cut"),
    ] + FieldTable.named(["keep_alive", "options"], "the model stays as it is"))

  static let score = FieldTable(
    "`/score`",
    shared + [
      .obeyed("text_1", "a text, or as many as `text_2`; required, here or as `queries`"),
      .obeyed("text_2", "texts; required, here or as `documents`"),
      .obeyed("queries", "the same as `text_1`"), .obeyed("documents", "the same as `text_2`"),
    ])

  static let rerank = FieldTable(
    "`/rerank`",
    shared + [
      .obeyed("query", "required", "a text"),
      .obeyed("documents", "required", "texts, or objects with a `text`"),
      .obeyed("texts", "the same, as text-embeddings-inference calls it; the answer is a list then"),
      .obeyed("return_text", "false", "the same as `return_documents`"),
      .obeyed("top_n", "all", "how many documents are listed"),
      .obeyed("return_documents", "false", "whether the texts are repeated"),
    ])
}
