import ChatTemplates
import JSON
import Testing

@testable import longhaul

@Suite("A chat in the terminal")
struct ChatTests {
  private static func actions(_ lines: [String], _ session: inout ChatSession) -> [ChatSession.Action] {
    lines.map { session.take($0) }
  }

  @Test("A line is a message; a backslash continues it, and marks enclose several lines")
  func lines() {
    var session = ChatSession()
    #expect(Self.actions(["one", "two \\", "three"], &session) == [.answer, .wait, .answer])
    #expect(Self.actions(["\"\"\"four", "/exit", "five\"\"\""], &session) == [.wait, .wait, .answer])
    #expect(session.messages.map(\.content) == ["one", "two \nthree", "four\n/exit\nfive"])
    #expect(Self.actions(["", "   "], &session) == [.wait, .wait])
    #expect(session.messages.count == 3)
  }

  @Test("Answers join the chat; one that was stopped before a word takes its question back")
  func answers() {
    var session = ChatSession(system: "Be kind.")
    _ = session.take("Hi")
    session.answered("Hello.")
    _ = session.take("More")
    session.answered("")
    #expect(session.messages.map(\.role) == ["system", "user", "assistant"])
  }

  @Test("Commands take questions back, ask again, start again and set the system message")
  func commands() {
    var session = ChatSession()
    _ = session.take("one")
    session.answered("1")
    _ = session.take("two")
    session.answered("2")
    #expect(session.take("/retry") == .answer)
    #expect(session.messages.map(\.content) == ["one", "1", "two"])
    _ = session.take("/undo")
    #expect(session.messages.map(\.content) == ["one", "1"])
    _ = session.take("/system Be brief.")
    #expect(session.messages.first?.content == "Be brief.")
    _ = session.take("/clear")
    #expect(session.messages.count == 1)
    #expect(session.take("/save a b.json") == .save("a b.json") && session.take("/load x") == .load("x"))
    #expect(session.take("/bye") == .leave)
    for line in ["/help", "/history", "/nothing", "/save", "/undo", "/retry", "/set", "/set speed 3"] {
      guard case .show = session.take(line) else {
        Issue.record("\(line) shows nothing")
        continue
      }
    }
  }

  @Test("Settings are checked, and reach a server under its names")
  func settings() throws {
    var session = ChatSession()
    _ = session.take("/set temperature 0.5")
    _ = session.take("/set max_tokens 20")
    _ = session.take("/set seed 18446744073709551615")
    _ = session.take("/set top_p 3")
    #expect(session.settings.temperature == 0.5 && session.settings.topP == nil)
    let body = RemoteChatPeer.body([ChatMessage(role: "user", content: "Hi")], session.settings, model: "m")
    let expected =
      #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true,"temperature":0.5,"#
      + #""max_tokens":20,"seed":-1}"#
    #expect(body == (try JSONParser.parse(expected)))
  }

  @Test("A saved chat is loaded again")
  func files() throws {
    let path = "/tmp/longhaul-chat-\(UInt64.random(in: .min ... .max)).json"
    var session = ChatSession(system: "Be kind.")
    _ = session.take("Hi")
    session.answered("Hello.")
    try ChatLoop.save(session.messages, to: path)
    var other = ChatSession()
    other.replace(try ChatLoop.load(path))
    #expect(other.messages == session.messages)
    #expect(throws: CommandFailure.self) { try ChatLoop.load("/tmp/longhaul-none.json") }
  }

  @Test(
    "An address has a host, a port and a path",
    arguments: [
      ("http://localhost:8080", "localhost", 8080, ""), ("http://host", "host", 80, ""),
      ("http://[::1]:81/", "::1", 81, ""), ("http://[::1]/api/v2/", "::1", 80, "/api/v2"),
      ("localhost:80", "localhost", 80, ""), ("https://host/a?b=1", "host", 443, "/a?b=1"),
    ])
  func addresses(text: String, host: String, port: Int, path: String) throws {
    let address = try ServerAddress(text)
    #expect(address.host == host && address.port == port && address.path == path)
  }

  @Test(
    "An address that cannot be used says why",
    arguments: ["ftp://a", "http://", "http://a:x", "http://a:99999", "http://a:1/a b", "http://a:b@c"])
  func badAddresses(text: String) {
    #expect(throws: CommandFailure.self) { try ServerAddress(text) }
  }

  @Test("Events are read from pieces of any length, without comments")
  func events() {
    let text = ": ping\n\ndata: {\"a\":1}\r\n\ndata:[DONE]\n\nevent: x\n"
    for length in 1...text.utf8.count {
      var lines = EventLines()
      var events: [String] = []
      var rest = Array(text.utf8)[...]
      while !rest.isEmpty {
        events += lines.append(rest.prefix(length))
        rest = rest.dropFirst(length)
      }
      #expect(events == ["{\"a\":1}", "[DONE]"])
    }
  }

  @Test("An event adds its text, and an error of the server is one")
  func pieces() throws {
    #expect(try ChatEvent.text(#"{"choices":[{"delta":{"content":"a"}}]}"#) == "a")
    #expect(try ChatEvent.text(#"{"choices":[]}"#) == nil && ChatEvent.text("[DONE]") == nil)
    #expect(throws: CommandFailure.self) { try ChatEvent.text(#"{"error":{"message":"full"}}"#) }
  }
}
