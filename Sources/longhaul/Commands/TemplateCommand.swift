import ArgumentParser
import ChatTemplates
import Core
import JSON
import Tokenization
import Weights

/// `longhaul template`: what a chat becomes before the model reads it.
struct TemplateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "template",
    abstract: "Renders a chat with the model's chat template and shows the prompt and its tokens.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var template: ChatTemplateOptions

  @Option(help: "A JSON file with an array of messages, as in the API; - is standard input.")
  var messages: String

  @Option(help: "A JSON file with an array of tools, as in the API.")
  var tools: String?

  @Option(help: "A JSON file with an object of further variables, the API's chat_template_kwargs.")
  var kwargs: String?

  @Flag(help: "Omit the start of the assistant's message.")
  var noGenerationPrompt = false

  @Flag(help: "Leave the last message open, for the model to continue.")
  var continueFinalMessage = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    var description = try model.open().tokenizer
    try template.apply(to: &description)
    let tokenizer = try Tokenizer(description)
    let chat = try RenderedChat(try prompt(), tokenizer, description)
    if json {
      let pieces = chat.tokens.map { String(decoding: tokenizer.bytes(of: $0), as: UTF8.self) }
      return try StandardOutput.json(TokenizeReport(text: chat.text, tokens: chat.tokens, pieces: pieces))
    }
    try StandardOutput.write(chat.text + "\n\n[" + chat.tokens.map(String.init).joined(separator: ", ") + "]\n")
  }

  private func prompt() throws -> ChatPrompt {
    guard !continueFinalMessage || !noGenerationPrompt else {
      throw CommandFailure(.usage, "a message that is left open has no generation prompt: pass one of both flags")
    }
    var prompt = ChatPrompt(messages: [])
    for value in try JSONFile.array(messages) { prompt.messages.append(try message(value)) }
    if let tools { prompt.tools = try JSONFile.array(tools) }
    if let kwargs { prompt.templateVariables = try JSONFile.object(kwargs) }
    prompt.ending = continueFinalMessage ? .openMessage : noGenerationPrompt ? .closedMessage : .generationPrompt
    return prompt
  }

  /// Text parts are joined.
  private func message(_ value: JSONValue) throws -> ChatMessage {
    guard let fields = value.object, let role = fields["role"]?.string else {
      throw CommandFailure(.usage, "'\(messages)' has a message without a role")
    }
    var content = fields["content"]?.string
    if let parts = fields["content"]?.array {
      content = try parts.map { part in
        guard let text = part["text"]?.string else {
          throw CommandFailure(.usage, "'\(messages)' has a part of a content that is no text")
        }
        return text
      }.joined()
    }
    return ChatMessage(role: role, content: content, fields: fields)
  }
}
