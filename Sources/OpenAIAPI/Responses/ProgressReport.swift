import JSON

/// The `prompt_progress` field, in llama-server's names.
struct ProgressReport: Encodable, Hashable, Sendable {
  let progress: PromptProgress

  private enum Field: String, CodingKey {
    case total, processed
    case cached = "cache"
    case milliseconds = "time_ms"
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Field.self)
    try fields.encode(progress.total, forKey: .total)
    try fields.encode(progress.cached, forKey: .cached)
    try fields.encode(progress.done, forKey: .processed)
    try fields.encode(Int(max(0, min(progress.seconds, 1e9)) * 1e3), forKey: .milliseconds)
  }

  var json: JSONValue {
    [
      "total": .integer(progress.total), "cache": .integer(progress.cached), "processed": .integer(progress.done),
      "time_ms": .integer(Int(max(0, min(progress.seconds, 1e9)) * 1e3)),
    ]
  }
}
