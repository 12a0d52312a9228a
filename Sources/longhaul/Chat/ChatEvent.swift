import JSON

/// The data of server-sent events out of bytes that come in pieces.
struct EventLines: Sendable {
  private var rest: [UInt8] = []

  /// The data of the events that are complete now, in order; comments and other fields are left out.
  mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
    rest += bytes
    var events: [String] = []
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: rest[..<end], as: UTF8.self)
      rest.removeSubrange(...end)
      guard line.hasPrefix("data:") else { continue }
      events.append(String(line.dropFirst(5).drop { $0 == " " }.prefix { $0 != "\r" }))
    }
    return events
  }
}

/// What an event of a streamed chat says.
enum ChatEvent {
  /// The text that it adds; nil where it adds none.
  /// - Throws: `CommandFailure` for an error of the server.
  static func text(_ data: String) throws -> String? {
    // try?: not every event is JSON.
    guard data != "[DONE]", let event = try? JSONParser.parse(data) else { return nil }
    if let error = event["error"], !error.isNull {
      throw CommandFailure(.unavailable, "the server says: \(error["message"]?.string ?? error.text)")
    }
    let delta = event["choices"]?.array?.first?["delta"]
    return delta?["content"]?.string ?? delta?["reasoning_content"]?.string
  }

  /// Why a server refused, as a sentence.
  static func refusal(_ body: String, status: Int) -> String {
    let message = (try? JSONParser.parse(body))?["error"]?["message"]?.string  // try?: it may be a proxy's page
    return "the server refuses (\(status)): \(message ?? String(body.prefix(200)))"
  }
}
