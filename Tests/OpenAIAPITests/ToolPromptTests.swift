import ChatTemplates
import JSON
import Testing

@testable import OpenAIAPI

@Suite("Tools for templates without a place for them")
struct ToolPromptTests {
  private static func prompt(_ messages: [ChatMessage], tools: [JSON.JSONValue] = []) -> ChatPrompt {
    var prompt = ChatPrompt(messages: messages)
    prompt.tools = tools
    return ToolPrompt.plain(prompt)
  }

  @Test("They are described after the system's text, or in a message of its own")
  func description() throws {
    let tool = try JSONParser.parse(#"{"type":"function","function":{"name":"f","parameters":{"z":1,"a":2}}}"#)
    let user = ChatMessage(role: "user", content: "Hi")
    let own = Self.prompt([user], tools: [tool])
    #expect(own.messages.map(\.role) == ["system", "user"] && own.tools == [])
    #expect(own.messages[0].content?.hasSuffix("\n" + #"{"name":"f","parameters":{"z":1,"a":2}}"#) == true)
    let joined = Self.prompt([ChatMessage(role: "system", content: "Be kind."), user], tools: [tool])
    #expect(joined.messages.count == 2 && joined.messages[0].content?.hasPrefix("Be kind.\n\nYou may call") == true)
    #expect(Self.prompt([user]).messages == [user])
  }

  @Test("Calls and their results become text, which the reader of answers would read again")
  func history() throws {
    var call = ChatMessage(role: "assistant", content: nil)
    call.fields["tool_calls"] = try JSONParser.parse(#"[{"id":"1","function":{"name":"f","arguments":"{\"a\":1}"}}]"#)
    let plain = Self.prompt([call, ChatMessage(role: "tool", content: "4")])
    #expect(plain.messages[0].content == #"<tool_call>{"name": "f", "arguments": {"a":1}}</tool_call>"#)
    #expect(plain.messages[0].fields["tool_calls"] == nil)
    #expect(plain.messages[1] == ChatMessage(role: "user", content: "<tool_response>\n4\n</tool_response>"))
    var reader = AnswerReader(
      marks: AnswerMarks(template: nil, hasTools: true), tools: [ToolDeclaration(name: "f", parameters: nil)])
    let parts = reader.append(plain.messages[0].content ?? "") + reader.finish()
    #expect(parts == [.call(ToolCall(name: "f", arguments: ["a": 1]))])
  }
}
