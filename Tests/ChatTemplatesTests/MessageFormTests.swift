import ChatTemplates
import JSON
import Testing

/// Messages reach a template in the form that it takes.
@Suite struct MessageFormTests {
  // MARK: Content in parts

  static let partTemplates = [
    "{% for m in messages %}[{{ m.role }}] {{ m.content[0].text }}{% endfor %}",
    "{% for m in messages %}[{{ m.role }}] {% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}",
    "{% for m in messages %}[{{ m.role }}] {% for p in m['content'] if p['type'] == 'text' %}{{ p['text'] }}"
      + "{% endfor %}{% endfor %}",
    "{% for m in messages %}[{{ m.role }}] {{ m.content | selectattr('type', 'equalto', 'text') | map(attribute='text')"
      + " | join }}{% endfor %}",
    "{% for m in messages %}{% if m.content is string %}{{ raise_exception('parts') }}{% endif %}[{{ m.role }}] "
      + "{{ m.content | map(attribute='text') | join }}{% endfor %}",
    "{% for m in messages %}[{{ m.role }}] {{ m['content'][0]['text'] }}{% endfor %}",
    "{% for m in messages %}[{{ m.role }}] {{ (m.content | first).text | trim }}{% endfor %}",
    "{% for m in messages %}[{{ m.role }}] {% set parts = m.content %}{{ parts[-1].get('text') }}{% endfor %}",
    "{% macro show(c) %}{% for p in c %}{{ p.text }}{% endfor %}{% endmacro %}"
      + "{% for m in messages %}[{{ m.role }}] {{ show(m.content) }}{% endfor %}",
  ]

  @Test("A template that reads content as parts gets parts, so that no text is lost", arguments: partTemplates)
  func parts(source: String) throws {
    #expect(try render(source, [.user("Hello")]) == "[user] Hello")
  }

  static let mixedTemplates = [
    "{% for m in messages %}{% if m.role == 'user' %}{{ m.content[0].text }}{% else %}{{ m.content }}{% endif %};"
      + "{% endfor %}",
    "{% for m in messages %}{% if m.role == 'assistant' %}{{ m['content'] + ';' }}{% else %}"
      + "{% for p in m.content %}{{ p.text }}{% endfor %};{% endif %}{% endfor %}",
    "{% for m in messages %}{% if m.role == 'system' %}{{ m.content[0].text }}{% else %}{{ m.content }}{% endif %};"
      + "{% endfor %}",
  ]

  @Test("Each role's content has the form that the template takes of it", arguments: mixedTemplates)
  func mixedParts(source: String) throws {
    let messages = [
      ChatMessage(role: "system", content: "Be brief"), .user("Hello"), ChatMessage(role: "assistant", content: "Yes"),
      ChatMessage(role: "tool", content: "42"), .user("And?"),
    ]
    #expect(try render(source, messages) == "Be brief;Hello;Yes;42;And?;")
  }

  @Test("A template that takes both forms, or only strings, gets strings")
  func strings() throws {
    let both = "{% for m in messages %}{{ m.content if m.content is string else 'parts' }}{% endfor %}"
    #expect(try render(both, [.user("Hello")]) == "Hello")
    #expect(try render("{% for m in messages %}{{ m.content + '!' }}{% endfor %}", [.user("Hello")]) == "Hello!")
  }

  @Test("What a probe finds does not depend on what the template does to a text it has not met")
  func probeIsHarmless() throws {
    #expect(try render("{{ raise_exception('no') if messages | length > 9 }}ok", [.user("Hello")]) == "ok")
    #expect(try render("{{ messages[0].content | upper }}", [.user("Hello")]) == "HELLO")
  }

  // MARK: Arguments of tool calls

  private func calling(_ arguments: JSONValue) -> [ChatMessage] {
    let call: JSONObject = [
      "id": .string("c"), "type": .string("function"),
      "function": .object(["name": .string("f"), "arguments": arguments]),
    ]
    return [.user("Hi"), ChatMessage(role: "assistant", content: nil, fields: ["tool_calls": .array([.object(call)])])]
  }

  private static func walk(_ shown: String) -> String {
    "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}{% set a = c.function.arguments %}"
      + shown + "{% endfor %}{% endfor %}"
  }

  static let argumentTemplates = [
    ("{% for k, v in a | items %}{{ k }}={{ v }};{% endfor %}", "Hib=2;a=x;"),
    ("{% for k in a %}{{ k }}{% endfor %}", "Hiba"),
    ("{{ a | tojson }}", "Hi{\"b\": 2, \"a\": \"x\"}"),
    ("{{ a if a is string else a | tojson }}", "Hi{\"b\": 2, \"a\": \"x\"}"),
    ("{{ a.b }}", "Hi2"),
  ]

  @Test("Arguments that are JSON text reach a template as an object, in their order", arguments: argumentTemplates)
  func objects(shown: String, expected: String) throws {
    #expect(try render(Self.walk(shown), calling(.string("{\"b\": 2, \"a\": \"x\"}"))) == expected)
    #expect(
      try render(Self.walk(shown), calling(.object(["b": .integer(2), "a": .string("x")]))) == expected)
  }

  @Test("A template that joins arguments to a text gets them as JSON text, as the client wrote it")
  func text() throws {
    let source = Self.walk("{{ '<' + a + '>' }}")
    #expect(try render(source, calling(.string("{\"b\":2}"))) == "Hi<{\"b\":2}>")
    #expect(try render(source, calling(.object(["b": .integer(2)]))) == "Hi<{\"b\":2}>")
    #expect(try render(Self.walk("{{ a }}"), calling(.string("{\"b\": 2}"))) == "Hi{\"b\": 2}")
  }

  @Test("Arguments that are no JSON object stay the text they are", arguments: ["", "[1]", "no JSON", "{\"a\": ", "5"])
  func otherText(arguments: String) throws {
    let source = Self.walk("{{ a if a is string else 'object' }}")
    #expect(try render(source, calling(.string(arguments))) == "Hi" + arguments)
  }

  // MARK: What a message lacks

  @Test("A message without a content has none, or an empty one where the template needs it")
  func missingContent() throws {
    let silent = [ChatMessage(role: "assistant", content: nil)]
    #expect(try render("{{ messages[0].content is defined }}", silent) == "False")
    #expect(try render("{{ '<' + messages[0].content + '>' }}", silent) == "<>")
  }

  @Test("Nulls are left out, and a thought has every name that templates read it by")
  func fields() throws {
    let source = "{% for k in messages[0] %}{{ k }} {% endfor %}{{ messages[0].thinking }}"
    #expect(
      try render(source, [ChatMessage(role: "user", content: "a", fields: ["name": .null])]) == "role content ")
    #expect(
      try render(
        source, [ChatMessage(role: "assistant", content: "a", fields: ["reasoning_content": .string("t")])])
        == "role content reasoning_content thinking t")
  }

  @Test("Numbers beyond 64 bits in tools keep their digits")
  func bigNumbers() throws {
    let tool = try JSONParser.parse(#"{"maximum": 18446744073709551615, "factor": 1.0, "step": 1e-7}"#)
    #expect(
      try render("{{ tools[0] | tojson }}", tools: [tool])
        == #"{"maximum": 18446744073709551615, "factor": 1.0, "step": 1e-07}"#)
  }
}
