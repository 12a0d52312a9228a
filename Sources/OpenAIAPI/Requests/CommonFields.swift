import Core
import JSON

/// The fields that chat and plain completions share.
struct CommonFields: Sendable {
  var model: String?
  var isStreamed = false
  var stream = StreamFields()
  /// nil, which null and -1 mean too, leaves it to the server.
  var maximumNewTokens: Int?
  var choices = ChoiceFields()
  var sampling = SamplingFields()
  var stop = StopFields()
  var policy = PolicyRequest()
  /// Tokens of a prompt's end that are kept; nil keeps all.
  var promptTokenLimit: Int?
  /// What the answer must match.
  var constraint: TextConstraint?
  /// Whether the prompt may begin with what was computed for earlier requests, and with whose.
  var usesPrefixCache = true
  var cacheSalt = ""
  /// The least first among requests that wait.
  var priority = 0
  /// What the answer may take, waiting included.
  var timeout: Duration?
  /// What an answer may take from its first token on, once it has a line break.
  var predictionLimit: Duration?
  /// Whether answers list the ids of their tokens and of the prompt's.
  var returnsTokens = false
  /// Whether answers say what their prompts were as texts.
  var returnsPrompt = false

  init() {}

  init(_ fields: RequestFields) throws {
    model = try fields.string("model")
    isStreamed = try fields.flag("stream") ?? false
    stream = try StreamFields(fields)
    maximumNewTokens = try Self.limit(fields)
    choices = try ChoiceFields(fields)
    sampling = try SamplingFields(fields)
    stop = try StopFields(fields)
    policy = try PolicyRequest(fields)
    promptTokenLimit = try fields.integer("truncate_prompt_tokens", in: -1...Int.max).flatMap { $0 < 1 ? nil : $0 }
    constraint = try ConstraintFields.constraint(fields)
    priority = try fields.integer("priority", in: -1_000_000...1_000_000) ?? 0
    timeout = try fields.number("timeout", in: 0.001...86_400).map { .milliseconds(Int64(Double($0) * 1000)) }
    let limit = try fields.integer("t_max_predict_ms", in: -1...86_400_000)
    predictionLimit = limit.flatMap { $0 > 0 ? .milliseconds($0) : nil }
    usesPrefixCache = try fields.flag("cache_prompt") ?? true
    cacheSalt = try fields.string("cache_salt") ?? ""
    guard cacheSalt.utf8.count <= RequestLimits.cacheSaltByteCount else {
      throw fields.invalid("cache_salt", "must have at most \(RequestLimits.cacheSaltByteCount) bytes")
    }
    returnsTokens = try fields.flag("return_token_ids") ?? false
    returnsPrompt = try fields.flag("verbose") ?? false
    guard !isStreamed || choices.candidateCount == choices.count else {
      throw fields.invalid("best_of", "must equal n in a stream: the best answers are known at the end only")
    }
  }

  /// Of several names the first one given counts, in this order.
  private static func limit(_ fields: RequestFields) throws -> Int? {
    let newest = try fields.integer("max_completion_tokens", in: -1...Int.max)
    let older = try fields.integer("max_tokens", in: -1...Int.max)
    // llama-server's -2 is "until the context is full", which an open end is here.
    let other = try fields.integer("n_predict", in: -2...Int.max)
    return (newest ?? older ?? other).flatMap { $0 < 0 ? nil : $0 }
  }
}

extension PolicyRequest {
  /// A `policy` by its text, or SelfExtend's two numbers.
  init(_ fields: RequestFields) throws {
    let pair = PolicyRequest(
      groupSize: try fields.integer("group_size", in: 1...Limits.maximumContext),
      neighborWindow: try fields.integer("neighbor_window", in: 0...Limits.maximumContext))
    guard let text = try fields.string("policy") else {
      self = pair
      return
    }
    guard pair == PolicyRequest() else {
      throw fields.invalid("policy", "has the numbers of its method; give no group_size and neighbor_window beside it")
    }
    do {
      try self.init(text)
    } catch {
      throw fields.invalid("policy", "cannot be met: \(error)")
    }
  }
}

/// What a stream reports besides text.
struct StreamFields: Hashable, Sendable {
  /// Whether a last event has the usage.
  var hasUsage = false
  /// Whether every event has the usage so far.
  var hasRunningUsage = false
  /// Whether every event has the timings so far.
  var hasTimings = false
  /// Whether events say how far the prompt is.
  var hasProgress = false

  init() {}

  /// What the responses API has of it.
  init(responses fields: RequestFields) throws {
    hasTimings = try fields.flag("timings_per_token") ?? false
    hasProgress = try fields.flag("return_progress") ?? false
  }

  init(_ fields: RequestFields) throws {
    try self.init(responses: fields)
    let options = try fields.object("stream_options", table: .streamOptions)
    hasRunningUsage = try options?.flag("continuous_usage_stats") ?? false
    hasUsage = try options?.flag("include_usage") ?? hasRunningUsage
  }
}

/// How many answers each prompt gets.
struct ChoiceFields: Hashable, Sendable {
  var count = 1
  /// Answers of which the best are returned; at least `count`.
  var candidateCount = 1

  init() {}

  init(_ fields: RequestFields) throws {
    count = try fields.integer("n", in: 1...RequestLimits.choiceCount) ?? 1
    // llama-server's clients send 0 for "as many as n".
    let given = try fields.integer("best_of", in: 0...RequestLimits.choiceCount).flatMap { $0 == 0 ? nil : $0 }
    candidateCount = given ?? count
    guard candidateCount >= count else { throw fields.invalid("best_of", "must be at least n") }
  }
}
