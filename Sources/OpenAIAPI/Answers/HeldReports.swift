import Core

/// The reports of an answer's tokens until their text goes out. A token of a stop string has no report, since its text
/// never does.
struct HeldReports: Sendable {
  private let isWanted: Bool
  private let alternativeCount: Int
  private let prompt: [TokenID]
  /// One per prompt token when the prompt is echoed with log-probabilities; the first has none.
  private var promptReports: [TokenReport] = []
  private var held: [TokenReport] = []
  /// Place where the text of the next token begins.
  private var next = 0
  /// Unicode scalars of the text that went out, an echoed prompt included.
  var textCount = 0

  init(_ prepared: PreparedAnswer, codec: any TextCodec) {
    isWanted = prepared.wantsLogprobs
    alternativeCount = prepared.alternativeCount
    prompt = prepared.generation.prompt
    guard let echoed = prepared.echoedPrompt, isWanted else { return }
    let text = Array(echoed.unicodeScalars)
    textCount = text.count
    var options = DecodingOptions()
    options.isContinuation = false
    var decoder = codec.makeDecoder(options)
    for token in prompt {
      // Some tokenizers normalize, so their text may be longer than the prompt was.
      promptReports.append(
        TokenReport(token: token, logprob: nil, top: [], offset: min(next, textCount), codec: codec))
      let count = decoder.append(token).addedCount
      next += count > 0 ? count : Self.spellingCount(token, at: next, of: text, codec)
    }
    next = textCount
  }

  /// Unicode scalars of a control token that the client spelled out; 0 of one that was added, and of other tokens.
  private static func spellingCount(
    _ token: TokenID, at place: Int, of text: [Unicode.Scalar], _ codec: any TextCodec
  ) -> Int {
    var options = DecodingOptions()
    var plain = codec.makeDecoder(options)
    guard plain.append(token).addedCount == 0 else { return 0 }
    options.spellsControlTokens = true
    var spelled = codec.makeDecoder(options)
    let spelling = Array(spelled.append(token).text.unicodeScalars)
    return text.dropFirst(place).starts(with: spelling) ? spelling.count : 0
  }

  /// Notes log-probabilities of the prompt's tokens from `first` on.
  mutating func score(from first: Int, _ values: [Float], _ top: [[TokenLogprob]], codec: any TextCodec) {
    for (offset, value) in values.enumerated() where promptReports.indices.contains(first + offset) {
      let place = promptReports[first + offset].offset
      promptReports[first + offset] = TokenReport(
        token: prompt[first + offset], logprob: value, top: top.indices.contains(offset) ? top[offset] : [],
        offset: place, codec: codec)
    }
  }

  /// - Parameter textCount: Unicode scalars that the token added.
  mutating func add(
    _ token: TokenID, _ logprob: Float?, _ top: [TokenLogprob], textCount: Int, codec: any TextCodec
  ) {
    defer { next += textCount }
    guard isWanted else { return }
    let top = Array(top.prefix(alternativeCount))
    held.append(TokenReport(token: token, logprob: logprob, top: top, offset: next, codec: codec))
  }

  /// The reports of tokens whose text has begun to go out; nil when none are wanted.
  /// - Parameter all: whether the others come, too.
  mutating func take(all: Bool) -> [TokenReport]? {
    guard isWanted else { return nil }
    let count = all ? held.count : held.firstIndex { $0.offset >= textCount } ?? held.count
    defer {
      held.removeFirst(count)
      promptReports = []
    }
    return promptReports + held.prefix(count)
  }
}
