import Hummingbird
import Core
import JSON

/// What llama-server's clients ask beside OpenAI's endpoints.
struct NativeRoutes: Sendable {
  let service: GenerationService

  var routes: [Route] {
    [
      .post("completion") { request, context in try await complete(request, context) },
      .post("infill") { request, context in try await infill(request, context) },
      .get("props") { _, _ in JSONBody.response(json: try properties()) },
      .get("slots") { _, _ in
        guard service.settings.servesSlots else { throw APIError.slotsOff }
        return JSONBody.response(json: slots)
      },
      .get("version") { _, _ in JSONBody.response(json: ["version": .string(service.settings.version)]) },
    ]
  }

  /// Of llama-server's, and not done here. The list of what clients may ask leaves them out.
  static var refused: [Route] {
    // Saves, restores or erases what a sequence has computed.
    [.post("slots/:id") { _, _ in throw APIError.slotActions }]
  }

  private func complete(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(NativeRequest.self, from: request)
    return try await answer(body.completion, body.form, isList: body.isList, context)
  }

  private func infill(_ request: Request, _ context: APIContext) async throws -> Response {
    let body = try await service.reader.read(InfillRequest.self, from: request)
    return try await answer(body.completion, body.form, isList: false, context)
  }

  private func answer(
    _ completion: CompletionRequest, _ form: NativeForm, isList: Bool, _ context: APIContext
  ) async throws -> Response {
    let prepared = try service.preparation.prepare(completion)
    let format = NativeFormat(head(completion.common, form, prepared.first), isList: isList)
    return completion.common.isStreamed
      ? try await service.responder.stream(prepared, in: format, context)
      : try await service.responder.whole(
        prepared, bestCount: completion.common.choices.count, in: format, context)
  }

  private func head(_ common: CommonFields, _ form: NativeForm, _ prepared: PreparedAnswer?) -> NativeHead {
    let sampling = prepared?.generation.sampling ?? service.settings.sampling
    let codec = service.codec
    return NativeHead(
      model: service.names.id, contextLength: service.engine.model.contextLength,
      settings: NativeSettings.json(common, sampling, seed: sampling.seed, endTokens: codec.endTokens),
      stream: common.stream, returnsTokens: form.returnsTokens, selected: form.selected,
      promptText: { codec.promptText(of: $0) })
  }

  private func properties() throws -> JSONValue {
    let facts = service.codec.facts
    func text(_ text: String?) -> JSONValue { .string(text ?? "") }
    let common = try service.settings.requestDefaults.common()
    let sampling = try common.sampling.parameters(over: service.settings.sampling, endTokens: [], randomSeed: 0)
    let settings = NativeSettings.json(
      common, sampling, seed: common.sampling.seed, endTokens: service.codec.endTokens)
    return [
      "default_generation_settings": ["n_ctx": .integer(service.engine.model.contextLength), "params": settings],
      "total_slots": .integer(service.settings.load?().sequenceLimit ?? 1),
      "model_alias": .string(service.names.id), "model_path": text(service.settings.modelFileName),
      "chat_template": text(facts.chatTemplate), "bos_token": text(facts.beginToken), "eos_token": text(facts.endToken),
      "modalities": ["vision": false, "audio": false], "build_info": .string("longhaul-" + service.settings.version),
      "is_sleeping": false,
    ]
  }

  /// Running sequences in the order in which they came, and the room for others. What they say is not shown.
  private var slots: JSONValue {
    let load = service.settings.load?() ?? ServerLoad(sequenceLimit: 1, running: [])
    let count = max(load.sequenceLimit, load.running.count)
    return .array(
      (0..<count).map { index in
        var slot: JSONObject = [
          "id": .integer(index), "n_ctx": .integer(service.engine.model.contextLength), "speculative": false,
          "is_processing": .bool(index < load.running.count),
        ]
        guard index < load.running.count else { return .object(slot) }
        let running = load.running[index]
        slot["id_task"] = .integer(running.id)
        slot["n_prompt_tokens"] = .integer(running.promptTokenCount)
        slot["n_prompt_tokens_processed"] = .integer(min(running.promptTokenCount, running.computedTokenCount))
        slot["next_token"] = [
          ["n_decoded": .integer(running.generatedTokenCount), "n_remain": .integer(running.remainingTokenCount)]
        ]
        return .object(slot)
      })
  }
}
