import JSON

/// The fields that bind an answer to a form, in the names of OpenAI, vLLM and llama-server.
enum ConstraintNames {
  static let fields: [RequestField] = [
    .obeyed("response_format", "see below"),
    .obeyed(
      "json_schema", "a JSON Schema that the answer is valid under, as llama-server calls it; one constraint at most"),
    .obeyed("grammar", "a grammar in GBNF that the answer matches"),
    .obeyed("guided_json", "a JSON Schema or its text, as vLLM calls it"),
    .obeyed("guided_grammar", "a grammar in GBNF"),
    .obeyed("guided_regex", "a regular expression that the whole answer matches"),
    .obeyed("guided_choice", "an array of texts, one of which is the answer"),
    .obeyed("structured_outputs", "see below"),
    .obeyed("structural_tag", "a structural tag that the answer matches, as an object or as its text"),
    .refused("regex", "see guided_regex"),
    .refused("ebnf", "see grammar, which is GBNF"),
  ]

  static let responseFormat = FieldTable(
    "`response_format`",
    [
      .obeyed("type", "text", "text, json_object, json_schema or structural_tag"),
      .obeyed("json_schema", "an object with the `schema` (JSON Schema, draft 2020-12)"),
      .obeyed("schema", "the schema, as llama-server takes it"),
      .obeyed("format", "of a structural tag, in XGrammar's notation"),
      .obeyed("structures", "of a structural tag in vLLM's older form, with `triggers`"),
      .obeyed("triggers", "where a structure may begin"),
    ])

  static let jsonSchema = FieldTable(
    "`response_format.json_schema`",
    [.obeyed("schema", "what cannot be enforced is refused with the keyword and its place")]
      + FieldTable.named(["name", "description"], "the schema says it all")
      + FieldTable.named(["strict"], "an answer is valid either way"))

  static let structuredOutputs = FieldTable(
    "`structured_outputs`",
    [
      .obeyed("json", "a JSON Schema or its text"), .obeyed("grammar", "a grammar in GBNF"),
      .obeyed("regex", "a regular expression"), .obeyed("choice", "an array of texts"),
      .obeyed("json_object", "false", "any JSON object"),
      .obeyed("structural_tag", "a structural tag in XGrammar's notation, or in vLLM's older one"),
    ]
      + FieldTable.named(["disable_fallback"], "there is one implementation")
      + FieldTable.named(
        ["disable_any_whitespace", "whitespace_pattern"], "white space is a blank, or a line end and its indentation")
      + FieldTable.named(["disable_additional_properties"], "the schema says it"))
}
