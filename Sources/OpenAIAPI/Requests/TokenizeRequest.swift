import ChatTemplates
import JSON

/// The body of `POST /tokenize`, in vLLM's form (`prompt` or `messages`) or llama-server's (`content`).
struct TokenizeRequest: RequestBody {
  static var table: FieldTable { .tokenize }

  enum Text: Sendable {
    case plain(String)
    case chat(ChatPrompt, ToolFields)
  }

  var text: Text
  /// Whether the begin token is added, as in a prompt.
  var addsBegin: Bool
  var parsesControlTokens: Bool
  /// Whether the answer has the text of each token in a list of its own.
  var listsPieces: Bool
  /// Whether each token comes together with its text.
  var pairsPieces: Bool

  init(_ fields: RequestFields) throws {
    let asked = try fields.flag("add_special_tokens") ?? fields.flag("add_special")
    parsesControlTokens = try fields.flag("parse_special") ?? true
    listsPieces = try fields.flag("return_token_strs") ?? false
    pairsPieces = try fields.flag("with_pieces") ?? false
    let (prompt, content) = (try fields.string("prompt"), try fields.string("content"))
    let chat = fields.value("messages") == nil ? nil : try TemplateRequest(fields)
    if let chat {
      text = .chat(chat.chat, chat.tools)
    } else if let plain = prompt ?? content {
      text = .plain(plain)
    } else {
      throw fields.invalid("prompt", "is missing")
    }
    addsBegin = asked ?? (prompt != nil)
  }
}

/// The body of `POST /detokenize`.
struct DetokenizeRequest: RequestBody {
  static var table: FieldTable { .detokenize }

  var tokens: [Int]
  /// nil leaves out only a begin token at the start, which `/tokenize` puts there.
  var skipsControlTokens: Bool?

  init(_ fields: RequestFields) throws {
    guard let items = try fields.array("tokens", of: "token ids") else {
      throw fields.invalid("tokens", "is missing")
    }
    tokens = items.compactMap(\.integer)
    guard tokens.count == items.count else { throw fields.invalid("tokens", "must be an array of token ids") }
    skipsControlTokens = try fields.flag("skip_special_tokens")
  }
}

/// The body of `POST /apply-template`.
struct TemplateRequest: RequestBody {
  static var table: FieldTable { .applyTemplate }

  var chat: ChatPrompt
  var tools: ToolFields

  init(_ fields: RequestFields) throws {
    tools = try ToolFields(fields)
    chat = ChatPrompt(messages: try ChatRequest.messages(fields))
    chat.tools = tools.descriptions
    chat.ending = try ChatRequest.ending(fields, after: chat.messages)
    chat.templateVariables = try ChatRequest.templateVariables(fields)
  }
}
