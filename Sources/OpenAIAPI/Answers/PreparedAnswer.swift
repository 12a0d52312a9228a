import Core

/// A checked generation of one prompt, not yet started.
struct PreparedAnswer: Sendable {
  var generation: GenerationRequest
  var stopStrings: [String]
  /// The text of the prompt, if the completion echoes it.
  var echoedPrompt: String?

  var wantsLogprobs: Bool { generation.topLogprobCount != nil }
}

/// Turns request bodies into generations for one model: defaults, limits, tokens.
struct AnswerPreparation: Sendable {
  let model: ServedModel
  let codec: any TextCodec
  let settings: APISettings

  func prepare(_ request: ChatRequest) throws -> PreparedAnswer {
    try checkModel(request.common.model)
    let prompt: [TokenID]
    do {
      prompt = try codec.encode(chat: request.chat)
    } catch {
      throw APIError.invalid(
        "The messages do not fit the model's chat template: \(error)", parameter: "messages")
    }
    return try prepare(prompt, request.common, topLogprobCount: request.topLogprobCount)
  }

  /// One for each prompt, in order. Prompts without a client seed share a random one.
  func prepare(_ request: CompletionRequest) throws -> [PreparedAnswer] {
    try checkModel(request.common.model)
    return try request.prompts.map { input in
      let prompt = try tokens(of: input)
      var prepared = try prepare(prompt, request.common, topLogprobCount: request.topLogprobCount)
      guard request.echoes else { return prepared }
      prepared.echoedPrompt = text(of: input, tokens: prompt)
      // The first token has no context, so no probability.
      if prepared.wantsLogprobs, prompt.count > 1 { prepared.generation.scoresPromptFrom = 1 }
      // Evaluation programs request one token, because some servers reject zero, and drop its report: an end token
      // needs a report like any other, or they would drop the last of the prompt.
      if prepared.wantsLogprobs, prepared.generation.maximumNewTokens == 1 { prepared.generation.stopTokens = [] }
      return prepared
    }
  }

  private func prepare(
    _ prompt: [TokenID], _ common: CommonFields, topLogprobCount: Int?
  ) throws -> PreparedAnswer {
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
    generation.sampling = try common.sampling.parameters(
      over: settings.sampling, randomSeed: .random(in: .min ... .max))
    generation.policy = policy
    generation.stopTokens = common.ignoresEndTokens ? [] : codec.endTokens
    generation.stopTokens.formUnion(common.stopTokens)
    generation.topLogprobCount = topLogprobCount
    return PreparedAnswer(generation: generation, stopStrings: common.stopStrings)
  }

  /// Prompt and answer together. Without a group size of the user's, what the automatic policy admits counts
  /// too, so that a generous `max_tokens` is clipped rather than refused.
  private func lengthLimit(_ policy: PolicyRequest) -> Int {
    guard policy.groupSize == nil else { return model.contextLength }
    let automatic = PolicyChoice.longestAutomaticLength(
      trainedLength: model.configuration.trainedLength, window: policy.neighborWindow)
    return min(model.contextLength, automatic)
  }

  /// The length that an answer without a limit may bring a prompt to. Most clients never give a limit; if
  /// theirs counted as the whole context, the shortest chat would be grouped. So a prompt that leaves a
  /// quarter of the trained length free stays within it, where the model is exactly itself; a longer one runs
  /// to the context's end.
  private func openEnd(_ promptCount: Int, _ policy: PolicyRequest) -> Int {
    let trained = model.configuration.trainedLength
    let fits = (policy.groupSize == nil || policy.keepsShortTextPlain) && promptCount <= trained - trained / 4
    return fits ? trained : .max
  }

  private func checkModel(_ name: String?) throws {
    guard let name, !name.isEmpty, name != model.id else { return }
    throw APIError.unknownModel(name, served: model.id)
  }

  private func tokens(of input: PromptInput) throws -> [TokenID] {
    switch input {
    case .text(let text): return try codec.encode(prompt: text)
    case .tokens(let tokens): return try TokenInput.checked(tokens, in: "prompt", model: model)
    }
  }

  private func text(of input: PromptInput, tokens: [TokenID]) -> String {
    if case .text(let text) = input { return text }
    return codec.text(of: tokens)
  }
}
