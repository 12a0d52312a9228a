import ChatTemplates
import JSON

/// Tools for a model whose template has no place for them: they are described in the system's message, and calls and
/// their answers become plain text, in the form of `HermesCalls`.
enum ToolPrompt {
  static func plain(_ chat: ChatPrompt) -> ChatPrompt {
    var chat = chat
    chat.messages = chat.messages.map(plain)
    guard !chat.tools.isEmpty else { return chat }
    let text = instruction(chat.tools)
    chat.tools = []
    if let first = chat.messages.first, first.role == "system" {
      chat.messages[0].content = [first.content ?? "", text].filter { !$0.isEmpty }.joined(separator: "\n\n")
    } else {
      chat.messages.insert(ChatMessage(role: "system", content: text), at: 0)
    }
    return chat
  }

  private static func instruction(_ tools: [JSONValue]) -> String {
    """
    You may call functions to help with the user's request. To call one, write its name and its arguments as JSON \
    between two marks, and nothing after them:
    <tool_call>{"name": "NAME", "arguments": {"ARGUMENT": "VALUE"}}</tool_call>
    These are the functions, one a line, each with the JSON schema of its arguments:
    """ + tools.map { "\n" + ($0["function"] ?? $0).text }.joined()
  }

  private static func plain(_ message: ChatMessage) -> ChatMessage {
    if message.role == "tool" {
      return ChatMessage(role: "user", content: "<tool_response>\n\(message.content ?? "")\n</tool_response>")
    }
    guard let calls = message.fields["tool_calls"]?.array else { return message }
    let texts = calls.compactMap { call in
      ToolCall(call).map {
        "<tool_call>{\"name\": \(JSONValue.string($0.name).text), \"arguments\": \($0.arguments)}</tool_call>"
      }
    }
    let content = [message.content ?? ""] + texts
    var fields = JSONObject()
    for member in message.fields.members where member.key != "tool_calls" { fields[member.key] = member.value }
    return ChatMessage(
      role: message.role, content: content.filter { !$0.isEmpty }.joined(separator: "\n"), fields: fields)
  }
}
