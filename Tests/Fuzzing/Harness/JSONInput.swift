/// Request bodies that are JSON whatever the bytes: every byte picks a field, a kind of value, or a value. Bytes that
/// are read as text hardly ever get that far.
enum JSONInput {
  private static let names = [
    "add_generation_prompt", "add_special_tokens", "best_of", "chat_template_kwargs", "content", "echo",
    "frequency_penalty", "group_size", "ignore_eos", "include_usage", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "messages", "min_p", "model", "n", "name", "neighbor_window", "policy", "presence_penalty", "prompt",
    "repeat_penalty", "repetition_penalty", "response_format", "role", "seed", "stop", "stop_token_ids", "stream",
    "stream_options", "suffix", "temperature", "text", "tokens", "tool_call_id", "tool_calls", "tool_choice", "tools",
    "top_k", "top_logprobs", "top_p", "type", "unknown",
  ]
  private static let words = [
    "system", "developer", "user", "assistant", "tool", "text", "none", "all", "random", "tiny", "json_object",
  ]
  private static let numbers = [
    "-1", "0", "1", "2", "0.5", "1.5", "512", "2048", "1e30", "-1e-30", "1e400", "2147483648", "9007199254740993",
    "18446744073709551616", "-0.0", "259", "1.0",
  ]

  /// An object that a route may take, with the fields that the bytes name in their places or beside them.
  static func body(_ reader: inout InputReader) -> String {
    var fields = [
      "messages": #"[{"role":"user","content":"b"}]"#, "prompt": #""a""#, "tokens": "[1]",
    ]
    while !reader.isEmpty { fields[name(&reader)] = value(&reader, depth: 0) }
    return object(fields)
  }

  private static func name(_ reader: inout InputReader) -> String { names[Int(reader.byte()) % names.count] }

  private static func object(_ fields: [String: String]) -> String {
    "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
  }

  private static func value(_ reader: inout InputReader, depth: Int) -> String {
    let byte = reader.byte()
    let count = Int(byte >> 3)
    switch byte & 7 {
    case 0: return ["null", "true", "false"][count % 3]
    case 1: return numbers[count % numbers.count]
    case 2: return String(reader.byte())
    case 3: return "\"\(words[count % words.count])\""
    case 4: return string(reader.bytes(count))
    case 5 where depth < 6:
      let values = (0..<count % 8).map { _ in value(&reader, depth: depth + 1) }
      return "[\(values.joined(separator: ","))]"
    case 6 where depth < 6:
      var fields: [String: String] = [:]
      for _ in 0..<count % 8 { fields[name(&reader)] = value(&reader, depth: depth + 1) }
      return object(fields)
    default: return "\"\""
    }
  }

  /// Bytes as a string of JSON, every one escaped: half of a surrogate pair may be among them.
  private static func string(_ bytes: [UInt8]) -> String {
    let scalars = bytes.map { byte in
      let prefix =
        switch byte {
        case 0..<0x10: "d80"
        case 0x10..<0x20: "d8"
        case 0x20..<0x30: "dc"
        default: "00"
        }
      return "\\u\(prefix)\(String(byte, radix: 16))"
    }
    return "\"\(scalars.joined())\""
  }
}
