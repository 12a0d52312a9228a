import Core

/// The fields that chat and plain completions share.
struct CommonFields: Sendable {
  var model: String?
  var isStreamed: Bool
  var streamsUsage: Bool
  /// nil, which null and -1 mean too, leaves it to the server.
  var maximumNewTokens: Int?
  var sampling: SamplingFields
  var stopStrings: [String]
  var stopTokens: [TokenID]
  var ignoresEndTokens: Bool
  var policy: PolicyRequest

  init(_ fields: RequestFields) throws {
    model = try fields.string("model")
    isStreamed = try fields.flag("stream") ?? false
    let options: StreamOptions? = try fields.object("stream_options")
    streamsUsage = options?.includesUsage ?? false
    let newest = try fields.integer("max_completion_tokens", in: -1...Int.max)
    let older = try fields.integer("max_tokens", in: -1...Int.max)
    maximumNewTokens = (newest ?? older).flatMap { $0 < 0 ? nil : $0 }
    sampling = try SamplingFields(fields)
    let stops: OneOrMany<String>? = try fields.value("stop", "a string or an array of strings")
    stopStrings = try Self.checked(stops?.values ?? [], fields)
    let tokens: [Int]? = try fields.value("stop_token_ids", "an array of token ids")
    stopTokens = try Self.checked(tokens ?? [], fields)
    ignoresEndTokens = try fields.flag("ignore_eos") ?? false
    policy = PolicyRequest(
      groupSize: try fields.integer("group_size", in: 1...Limits.maximumContext),
      neighborWindow: try fields.integer("neighbor_window", in: 0...Limits.maximumContext))
    try Self.rejectUnsupported(fields)
  }

  private static func checked(_ stops: [String], _ fields: RequestFields) throws -> [String] {
    guard stops.count <= RequestLimits.stopStringCount else {
      throw fields.invalid("stop", "may contain at most \(RequestLimits.stopStringCount) strings")
    }
    guard stops.allSatisfy({ $0.utf8.count <= RequestLimits.stopStringByteCount }) else {
      throw fields.invalid("stop", "strings may have at most \(RequestLimits.stopStringByteCount) bytes each")
    }
    // Ignores empty stop strings, which would end every completion at once.
    return stops.filter { !$0.isEmpty }
  }

  private static func checked(_ tokens: [Int], _ fields: RequestFields) throws -> [TokenID] {
    guard tokens.count <= RequestLimits.stopTokenCount else {
      throw fields.invalid("stop_token_ids", "may contain at most \(RequestLimits.stopTokenCount) ids")
    }
    return try tokens.map { token in
      guard let id = TokenID(exactly: token), id >= 0 else {
        throw fields.invalid("stop_token_ids", "must contain ids of the model's vocabulary")
      }
      return id
    }
  }

  /// Rejects fields whose effect is not supported; ignores hints.
  private static func rejectUnsupported(_ fields: RequestFields) throws {
    if let count = try fields.integer("n", in: Int.min...Int.max), count != 1 {
      throw fields.invalid(
        "n", "must be 1: this server returns one completion per prompt; repeat the request for more")
    }
    if let count = try fields.integer("best_of", in: Int.min...Int.max), count != 1 {
      throw fields.invalid("best_of", "must be 1")
    }
    let bias: [String: Double]? = try fields.value("logit_bias", "an object of numbers")
    guard bias?.isEmpty ?? true else { throw fields.invalid("logit_bias", "is not supported") }
    let format: ResponseFormat? = try fields.object("response_format")
    guard format?.kind ?? "text" == "text" else {
      throw fields.invalid("response_format", "must be of type text: structured output is not supported")
    }
  }
}

private struct StreamOptions: Decodable {
  let includesUsage: Bool
  init(from decoder: any Decoder) throws {
    includesUsage = try RequestFields(decoder).flag("include_usage") ?? false
  }
}

private struct ResponseFormat: Decodable {
  let kind: String?
  init(from decoder: any Decoder) throws { kind = try RequestFields(decoder).string("type") }
}

/// A value or an array of such values.
struct OneOrMany<Value: Decodable>: Decodable {
  let values: [Value]
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let one = try? container.decode(Value.self) {  // try?: an array is the other form
      values = [one]
    } else {
      values = try container.decode([Value].self)
    }
  }
}
