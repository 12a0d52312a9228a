package import JSON

/// A chat to render with a chat template: what `apply_chat_template` of the library transformers takes.
package struct ChatPrompt: Hashable, Sendable {
  package enum Ending: Hashable, Sendable {
    /// The start of an assistant's message (`add_generation_prompt`).
    case generationPrompt
    /// The end of the last message.
    case closedMessage
    /// The text of the last message, which the model continues (`continue_final_message`).
    case openMessage
    /// The same where the template shows that text as it is, else the start of an assistant's message.
    case openMessageElseNew
  }

  package var messages: [ChatMessage]
  /// The tools that the model may call, as clients describe them; templates see none where there are none.
  package var tools: [JSONValue] = []
  /// Documents that an answer may quote; templates see none where there are none.
  package var documents: [JSONValue] = []
  package var ending = Ending.generationPrompt
  /// Further variables (`chat_template_kwargs`). They cannot replace those that the fields above and the model give.
  package var templateVariables: JSONObject = [:]

  package init(messages: [ChatMessage]) { self.messages = messages }
}
