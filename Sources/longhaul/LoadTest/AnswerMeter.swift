import HTTPClient
import JSON

/// Which of a server's completions a load test asks for.
enum LoadAPI: String, CaseIterable, Sendable {
  case chat
  case completions

  var path: String { self == .chat ? "/chat/completions" : "/completions" }
}

/// How the tokens of an answer were counted; the later ones say less.
enum TokenCounting: String, Comparable, Sendable {
  /// The server says with each piece how many tokens there are.
  case runningUsage = "running usage"
  /// The server says at the end how many there were; a piece is taken for one when times are measured.
  case usage
  /// Each piece is taken for a token.
  case chunks

  private var rank: Int { self == .runningUsage ? 0 : self == .usage ? 1 : 2 }
  static func < (left: TokenCounting, right: TokenCounting) -> Bool { left.rank < right.rank }
}

/// The times of a streamed answer, taken from its bytes as they come.
struct AnswerMeter: Sendable {
  /// Why a request did not end as it should.
  struct Failure: Error, Hashable, Sendable {
    /// Short, the same for all that fail alike: `HTTP 429`, `cut`.
    let kind: String
    let text: String
  }

  /// Tokens that came at once.
  struct Mark: Hashable, Sendable {
    let time: Duration
    let tokenCount: Int
  }

  /// More is no answer that was asked for.
  private static let maximumByteCount = 256 << 20

  private var lines = EventLines()
  private var byteCount = 0
  /// What came of an answer that is no stream.
  private var refusal = ""
  private(set) var marks: [Mark] = []
  private(set) var finishReason: String?
  private(set) var promptTokenCount: Int?
  private(set) var cachedTokenCount: Int?
  private var countedTokenCount = 0
  private var usageTokenCount: Int?
  private var hasRunningUsage = false
  private var failure: Failure?

  /// Tokens of the answer.
  var tokenCount: Int { usageTokenCount ?? countedTokenCount }
  var counting: TokenCounting { usageTokenCount == nil ? .chunks : hasRunningUsage ? .runningUsage : .usage }

  /// Takes bytes of the body.
  /// - Parameter status: of the answer.
  mutating func take(_ bytes: some Collection<UInt8>, status: Int, at time: Duration) {
    byteCount += bytes.count
    guard failure == nil else { return }
    guard byteCount <= Self.maximumByteCount else {
      failure = Failure(kind: "too large", text: "an answer has more than \(Self.maximumByteCount) bytes")
      return
    }
    guard status == 200 else {
      refusal += String(decoding: bytes.prefix(max(0, 4096 - refusal.utf8.count)), as: UTF8.self)
      return
    }
    for event in lines.append(bytes) { take(event, at: time) }
  }

  private mutating func take(_ event: String, at time: Duration) {
    // try?: not every event is JSON, such as the last one.
    guard failure == nil, let value = try? JSONParser.parse(event) else { return }
    if let error = value["error"], !error.isNull {
      failure = Failure(kind: "error event", text: error["message"]?.string ?? error.text)
      return
    }
    let choice = value["choices"]?.array?.first
    if let reason = choice?["finish_reason"]?.string { finishReason = reason }
    let usage = value["usage"]
    promptTokenCount = usage?["prompt_tokens"]?.integer ?? promptTokenCount
    cachedTokenCount = usage?["prompt_tokens_details"]?["cached_tokens"]?.integer ?? cachedTokenCount
    let counted = usage?["completion_tokens"]?.integer
    if let counted, counted >= 0 { usageTokenCount = counted }
    if counted != nil, choice != nil { hasRunningUsage = true }
    let isPiece = choice.map(Self.hasText) ?? false
    let news = hasRunningUsage && counted != nil ? max(0, (counted ?? 0) - countedTokenCount) : isPiece ? 1 : 0
    guard choice != nil, news > 0 else { return }
    countedTokenCount += news
    marks.append(Mark(time: time, tokenCount: news))
  }

  /// Whether a choice brings anything of the answer.
  private static func hasText(_ choice: JSONValue) -> Bool {
    let delta = choice["delta"]
    let texts = [
      choice["text"], delta?["content"], delta?["reasoning_content"], delta?["reasoning"], delta?["refusal"],
    ]
    return texts.contains { $0?.string?.isEmpty == false } || delta?["tool_calls"]?.array?.isEmpty == false
  }

  /// What became of the request, once its transfer is over.
  /// - Parameter transferFailure: why the transfer did not end as it should.
  func end(status: Int, transferFailure: Failure?) -> Result<String, Failure> {
    if let failure { return .failure(failure) }
    if let transferFailure, status == 0 || finishReason == nil {
      let isCut = status == 200 && transferFailure.kind != "timed out"
      return .failure(isCut ? Failure(kind: "cut", text: transferFailure.text) : transferFailure)
    }
    guard status == 200 else {
      return .failure(Failure(kind: "HTTP \(status)", text: ChatEvent.refusal(refusal, status: status)))
    }
    guard let finishReason else {
      let text = marks.isEmpty ? "the answer is no stream of completions" : "the stream ended before the answer did"
      return .failure(Failure(kind: marks.isEmpty ? "no stream" : "cut", text: text))
    }
    guard !marks.isEmpty else { return .failure(Failure(kind: "empty", text: "the answer has no token")) }
    return .success(finishReason)
  }
}

extension AnswerMeter.Failure {
  init(_ failure: HTTPStreams.Failure) {
    let kind =
      switch failure.kind {
      case .noConnection: "no connection"
      case .noAnswer: "no answer"
      case .timedOut: "timed out"
      }
    self.init(kind: kind, text: failure.text)
  }
}
