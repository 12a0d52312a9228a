import ChatTemplates
import Fixtures
import Foundation
import JSON
import Testing

/// The templates that models carry, set beside jinja2. They are not part of the project: `LONGHAUL_CHAT_TEMPLATES`
/// names a folder of them, such as `vendor/llama.cpp/models/templates` in the source of the PyPI package
/// llama-cpp-python.
@Suite struct RealTemplateTests {
  private static let folder = ProcessInfo.processInfo.environment["LONGHAUL_CHAT_TEMPLATES"]
  private static let goldens = SharedFiles.root.appendingPathComponent("Tests/ChatTemplatesTests/Goldens")

  @Test(
    "Every template renders every conversation to jinja2's bytes",
    .enabled("LONGHAUL_CHAT_TEMPLATES names no folder of templates") { folder != nil },
    .enabled("python3, or the Python that LONGHAUL_PYTHON names, lacks the package jinja2") {
      try python(["-c", "import jinja2"], input: nil).status == 0
    })
  func agree() throws {
    let folder = try #require(Self.folder)
    let input = Self.goldens.appendingPathComponent("conversations.json")
    let conversations = try #require(try JSONParser.parse([UInt8](try Data(contentsOf: input))).object)
    let run = try Self.python([Self.goldens.appendingPathComponent("real_templates.py").path, folder], input: input)
    #expect(run.status == 0)
    let expected = try #require(try JSONParser.parse([UInt8](run.output)).object)
    #expect(!expected.isEmpty)
    var differing: [String: [String]] = [:]
    for template in expected.members {
      let source = try String(contentsOfFile: "\(folder)/\(template.key)", encoding: .utf8)
      for conversation in conversations.members {
        let result = Self.rendered(source, try #require(conversation.value.object))
        let golden = try #require(template.value.object?[conversation.key])
        // Both refuse, or both give the same bytes.
        if (try? result.get()) != golden.string {  // try?: a refusal is nil, as in the golden
          differing[template.key, default: []].append("\(conversation.key): \(result)")
        }
      }
    }
    for (name, reasons) in differing { Issue.record("\(name): \(reasons.joined(separator: "\n"))") }
  }

  @Test(
    "No template loses a user's text, or encodes the arguments of a call twice",
    .enabled("LONGHAUL_CHAT_TEMPLATES names no folder of templates") { folder != nil })
  func forms() throws {
    let folder = try #require(Self.folder)
    let parsed = try JSONParser.parse(
      #"{"tool_calls": [{"id": "call00001", "type": "function", "function": {"name": "weather", "#
        + #""arguments": "{\"city\": \"Kraków\"}"}}]}"#)
    let call = ChatMessage(role: "assistant", content: nil, fields: try #require(parsed.object))
    let result = ChatMessage(
      role: "tool", content: "rain", fields: ["tool_call_id": .string("call00001"), "name": .string("weather")])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jinja") }
    #expect(!names.isEmpty)
    var renderedCount = 0
    for name in names.sorted() {
      let template = try ChatTemplate(source: try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
      let question = ChatPrompt(messages: [ChatMessage(role: "user", content: "Weather there?")])
      let asked = try? Self.text(of: question, template)  // try?: some templates want variables of their own
      #expect(asked?.contains("Weather there?") != false, "\(name)")
      var calling = question
      calling.messages += [call, result]
      // try?: some templates know no tools
      guard let text = try? Self.text(of: calling, template), text.contains("Kraków") else { continue }
      renderedCount += 1
      #expect(!text.contains(#"\"city\""#) && !text.contains("'city'"), "\(name): \(text)")
    }
    #expect(renderedCount > names.count / 2)
  }

  private static func text(of prompt: ChatPrompt, _ template: ChatTemplate) throws -> String {
    try template.render(prompt, beginToken: "<s>", endToken: "</s>", date: .fixed).map(\.text).joined()
  }

  /// The text of a conversation, exactly as it is written.
  private static func rendered(_ source: String, _ conversation: JSONObject) -> Result<String, any Error> {
    Result { try ChatTemplate(source: source).render(variables: withTokens(conversation), date: .fixed) }
  }

  /// The variables that every rendering has.
  private static func withTokens(_ conversation: JSONObject) -> JSONObject {
    var variables: JSONObject = [
      "tools": .null, "documents": .null, "bos_token": .string("<s>"), "eos_token": .string("</s>"),
    ]
    for member in conversation.members { variables[member.key] = member.value }
    return variables
  }

  private static func python(_ arguments: [String], input: URL?) throws -> (status: Int32, output: Data) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [ProcessInfo.processInfo.environment["LONGHAUL_PYTHON"] ?? "python3"] + arguments
    let output = Pipe()
    if let input { process.standardInput = try FileHandle(forReadingFrom: input) }
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, data)
  }
}
