import ChatTemplates
import Core
import JSON

/// Turns request bodies into generations for one model: defaults, limits, tokens.
struct AnswerPreparation: Sendable {
  let model: ServedModel
  let names: ModelNames
  let codec: any TextCodec
  let settings: APISettings
  let breakers: DryBreakers

  /// One an answer, in order.
  func prepare(_ request: ChatRequest) throws -> [PreparedAnswer] {
    try names.check(request.common.model)
    let prompt = try encode(request.chat, tools: request.tools)
    let reading = AnswerReading(
      request, template: codec.facts.chatTemplate, promptEnding: String(prompt.text.suffix(64)))
    var prepared = try prepare(prompt.tokens, request.common, topLogprobCount: request.topLogprobCount)
    scorePrompt(of: &prepared, request.promptLogprobCount)
    prepared.reading = reading
    prepared.decoding.spellsControlTokens = reading?.spellsControlTokens ?? false
    if let reading {
      prepared.generation.constraint = try AnswerConstraint(
        marks: reading.marks, openThought: reading.openThought, tools: request.tools,
        content: request.common.constraint,
        template: codec.facts.chatTemplate ?? ""
      ).constraint()
    }
    return candidates(prepared, request.common.choices)
  }

  /// The prompt of a chat, in which the model finds its tools even if its template has no place for them.
  func encode(_ chat: ChatPrompt, tools: ToolFields) throws -> EncodedChat {
    let knowsTools = codec.facts.chatTemplate?.contains("tools") ?? false
    do {
      return try withoutThought(try codec.encode(chat: knowsTools ? chat : ToolPrompt.plain(chat)), of: chat)
    } catch {
      throw APIError.invalid(
        "The messages do not fit the model's chat template: \(error)", parameter: "messages")
    }
  }

  /// Templates of models that always think begin a thought whatever the request says. Where the chat wants none, it is
  /// closed at once.
  private func withoutThought(_ prompt: EncodedChat, of chat: ChatPrompt) throws -> EncodedChat {
    guard chat.ending == .generationPrompt, chat.templateVariables["enable_thinking"] == false else { return prompt }
    let ending = String(prompt.text.suffix(64)).trimmed
    let marks = AnswerMarks(template: codec.facts.chatTemplate, hasTools: false)
    guard let closing = marks.thoughts.first(where: { ending.hasSuffix($0.opening) })?.closings.first else {
      return prompt
    }
    let tokens =
      try codec.controlToken(closing).map { [$0] }
      ?? codec.encode(closing, addsBegin: false, parsesControlTokens: true)
    return EncodedChat(tokens: prompt.tokens + tokens, text: prompt.text + closing)
  }

  /// One an answer: those to the first prompt first. Prompts without a client seed share a random one.
  func prepare(_ request: CompletionRequest) throws -> [PreparedAnswer] {
    try names.check(request.common.model)
    guard request.prompts.count * request.common.choices.candidateCount <= RequestLimits.answerCount else {
      throw APIError.invalid(
        "A request may ask for at most \(RequestLimits.answerCount) answers to all its prompts.", parameter: "n")
    }
    if let fillIn = request.fillIn { return candidates(try prepare(fillIn, request), request.common.choices) }
    return try request.prompts.enumerated().flatMap { index, input in
      let prompt = try input.encoded(codec, model: model, field: "prompt")
      var prepared = try prepare(prompt, request.common, topLogprobCount: request.topLogprobCount)
      prepared.promptIndex = index
      scorePrompt(of: &prepared, request.promptLogprobCount)
      guard request.echoes else { return candidates(prepared, request.common.choices) }
      let kept = prepared.generation.prompt
      prepared.echoedPrompt = kept.count < prompt.count ? codec.text(of: kept) : text(of: input, tokens: prompt)
      // The first token has no context, so no probability.
      if prepared.wantsLogprobs, prompt.count > 1 { prepared.generation.scoresPromptFrom = 1 }
      // Evaluation programs request one token, because some servers reject zero, and drop its report: an end token
      // needs a report like any other, or they would drop the last of the prompt.
      if prepared.wantsLogprobs, prepared.generation.maximumNewTokens == 1 { prepared.generation.stopTokens = [] }
      return candidates(prepared, request.common.choices)
    }
  }

  /// - Throws: `APIError` when the model was not trained to fill in.
  private func prepare(_ fillIn: FillInPrompt, _ request: CompletionRequest) throws -> PreparedAnswer {
    guard let tokens = FillInTokens(codec) else {
      throw APIError.invalid(
        "suffix is not supported by this model: its vocabulary has no tokens for filling in.", parameter: "suffix")
    }
    var prepared = try prepare(
      fillIn.encode(tokens, codec), request.common, topLogprobCount: request.topLogprobCount)
    if !request.common.stop.ignoresEndTokens { prepared.generation.stopTokens.formUnion(tokens.ends) }
    return prepared
  }

  private func scorePrompt(of prepared: inout PreparedAnswer, _ count: Int?) {
    guard let count else { return }
    prepared.promptLogprobCount = count
    let generation = prepared.generation
    // The first token has no context, so no probability.
    if generation.prompt.count > 1 { prepared.generation.scoresPromptFrom = 1 }
    prepared.generation.topLogprobCount = max(count, generation.topLogprobCount ?? 0)
  }

  /// The answers to one prompt, which differ in their seeds. The first one has the request's.
  private func candidates(_ prepared: PreparedAnswer, _ choices: ChoiceFields) -> [PreparedAnswer] {
    (0..<choices.candidateCount).map { index in
      var candidate = prepared
      candidate.generation.sampling.seed = Self.seed(prepared.generation.sampling.seed, candidate: index)
      // The best are those with the highest log-probability.
      if choices.candidateCount > choices.count, candidate.generation.topLogprobCount == nil {
        candidate.generation.topLogprobCount = 0
      }
      return candidate
    }
  }

  /// An odd constant keeps the seeds of one request apart.
  static func seed(_ seed: UInt64, candidate: Int) -> UInt64 {
    seed &+ UInt64(truncatingIfNeeded: candidate) &* 0x9E37_79B9_7F4A_7C15
  }

  private func prepare(
    _ prompt: [TokenID], _ common: CommonFields, topLogprobCount: Int?
  ) throws -> PreparedAnswer {
    let prompt = common.promptTokenLimit.map { Array(prompt.suffix($0)) } ?? prompt
    guard !prompt.isEmpty else { throw EngineError.emptyPrompt }
    // As in the cluster: a request's group size does not keep the default window, and vice versa.
    let policy = common.policy == PolicyRequest() ? settings.policy : common.policy
    let asked = common.maximumNewTokens ?? settings.maximumNewTokens
    let limit = lengthLimit(policy)
    guard prompt.count < limit || (prompt.count == limit && asked == 0) else {
      throw APIError.contextExceeded(promptTokenCount: prompt.count, contextLength: limit)
    }
    let newTokens = asked ?? openEnd(prompt.count, policy) - prompt.count
    var generation = GenerationRequest(prompt: prompt, maximumNewTokens: min(newTokens, limit - prompt.count))
    generation.policy = policy
    generation.stopTokens = common.stop.ignoresEndTokens ? [] : codec.endTokens
    generation.stopTokens.formUnion(common.stop.tokens)
    generation.sampling = try common.sampling.parameters(
      over: settings.sampling, endTokens: generation.stopTokens, randomSeed: .random(in: .min ... .max))
    generation.sampling.logitBiases = try generation.sampling.logitBiases.adding(common.sampling.textBiases, codec)
    try addBreakers(common.sampling.dry.breakers, to: &generation.sampling.dry)
    try generation.sampling.validate()
    generation.constraint = common.constraint
    (generation.priority, generation.timeout) = (common.priority, common.timeout)
    generation.usesPrefixCache = common.usesPrefixCache
    generation.tenant.salt = common.cacheSalt
    generation.topLogprobCount = topLogprobCount
    var prepared = PreparedAnswer(generation: generation)
    prepared.wantsLogprobs = topLogprobCount != nil
    prepared.alternativeCount = topLogprobCount ?? 0
    prepared.decoding.stopStrings = common.stop.strings
    prepared.decoding.includesStopString = common.stop.includesString
    prepared.predictionLimit = common.predictionLimit
    return prepared
  }

  private func addBreakers(_ texts: [String], to dry: inout DryParameters) throws {
    guard dry.isActive else { return }
    let found = try breakers.found(texts, codec: codec, vocabularySize: model.configuration.vocabularySize)
    (dry.breakers, dry.breakerPhrases) = (found.tokens, found.phrases)
  }

  /// Prompt and answer together. Without a policy that the user fixed, what the automatic policy admits counts
  /// too, so that a generous `max_tokens` is clipped rather than refused.
  private func lengthLimit(_ policy: PolicyRequest) -> Int {
    guard !policy.isFixed else { return model.contextLength }
    return min(model.contextLength, policy.longestLength(trainedLength: model.configuration.trainedLength))
  }

  /// The length that an answer without a limit may bring a prompt to. Most clients never give a limit; if
  /// theirs counted as the whole context, the shortest chat would be grouped. So a prompt that leaves a
  /// quarter of the trained length free stays within it, where the model is exactly itself; a longer one runs
  /// to the context's end.
  private func openEnd(_ promptCount: Int, _ policy: PolicyRequest) -> Int {
    let trained = model.configuration.trainedLength
    let fits = !policy.groupsShortText && promptCount <= trained - trained / 4
    return fits ? trained : .max
  }

  private func text(of input: PromptInput, tokens: [TokenID]) -> String {
    if case .text(let text) = input { return text }
    return codec.text(of: tokens)
  }
}
