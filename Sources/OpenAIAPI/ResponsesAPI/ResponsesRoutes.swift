import ChatTemplates
import Core
import Hummingbird
import JSON

/// OpenAI's responses, with what came before them.
struct ResponsesRoutes: Sendable {
  let service: GenerationService
  let store: ResponseStore

  var routes: [Route] {
    [
      .post("responses") { request, context in try await create(request, context) },
      .get("responses/:id") { _, context in JSONBody.response(json: try entry(context).response.json) },
      .delete("responses/:id") { _, context in try delete(context) },
      .post("responses/:id/cancel") { _, context in try cancel(context) },
      .get("responses/:id/input_items") { _, context in try inputItems(context) },
      .post("responses/input_tokens") { request, _ in try await count(request) },
    ]
  }

  private func create(_ request: Request, _ context: APIContext) async throws -> Response {
    var body = try await service.reader.read(ResponsesRequest.self, from: request)
    let messages = try extend(&body)
    let prepared = try service.preparation.prepare(body.chat)
    let head = service.head(.chat)
    var response = ResponseObject(
      id: RandomName.make(prefix: "resp_"), created: head.created, model: head.model, echo: body.echo)
    let input = body.input
    guard !body.isBackground else {
      response.status = .queued
      let attributed = service.responder.attributed(prepared, context)
      return runInBackground(attributed, ResponseStore.Entry(response: response, messages: messages, input: input))
    }
    let (isStored, store) = (body.isStored, store)
    let format = ResponsesFormat(response, body.chat.common.stream) { response, items in
      guard isStored else { return }
      store.insert(
        ResponseStore.Entry(response: response, messages: messages + [items.message], input: input))
    }
    return body.chat.common.isStreamed
      ? try await service.responder.stream(prepared, in: format, context)
      : try await service.responder.whole(prepared, bestCount: 1, in: format, context)
  }

  /// Puts what came before in front of a request's messages, and its instructions in front of all. Returns the messages
  /// without instructions, which the next response does not inherit.
  private func extend(_ body: inout ResponsesRequest) throws -> [ChatMessage] {
    var messages = body.chat.chat.messages
    if let id = body.previousID {
      guard let previous = store[id] else { throw Self.unknown(id, parameter: "previous_response_id") }
      guard previous.response.status == .completed || previous.response.status == .incomplete else {
        throw APIError.invalid("The response '\(id.prefix(80))' has not ended.", parameter: "previous_response_id")
      }
      messages = previous.messages + messages
    }
    let system = body.instructions.map { [ChatMessage(role: "system", content: $0)] } ?? []
    body.chat.chat.messages = system + messages
    return messages
  }

  /// Answers at once; the response changes in the store.
  private func runInBackground(_ prepared: [PreparedAnswer], _ entry: ResponseStore.Entry) -> Response {
    let (id, store) = (entry.response.id, store)
    let collector = AnswerCollector(engine: service.engine, codec: service.codec)
    var entry = entry
    // Kept before the task may end.
    store.insert(entry)
    entry.task = Task {
      store.update(id) { $0.response.status = .running }
      do {
        let answers = try await collector.collect(prepared)
        guard let answer = answers.first else { return }
        let items = ResponsesFormat.items(of: answer)
        store.update(id) {
          $0.response.finish(answer.end, items)
          $0.messages.append(items.message)
        }
      } catch {
        store.update(id) {
          $0.response.status = error is CancellationError ? .cancelled : .failed
          if !(error is CancellationError) { $0.response.failure = APIError(cause: error) }
        }
      }
    }
    let task = entry.task
    store.update(id) { $0.task = task }
    return JSONBody.response(json: entry.response.json)
  }

  private func entry(_ context: APIContext) throws -> ResponseStore.Entry {
    let id = context.parameters.get("id") ?? ""
    guard let entry = store[id] else { throw Self.unknown(id, parameter: "response_id") }
    return entry
  }

  private func delete(_ context: APIContext) throws -> Response {
    let id = try entry(context).response.id
    store.remove(id)?.task?.cancel()
    return JSONBody.response(json: ["id": .string(id), "object": "response.deleted", "deleted": true])
  }

  private func cancel(_ context: APIContext) throws -> Response {
    let entry = try entry(context)
    guard entry.response.echo["background"] == true else {
      throw APIError.invalid(
        "Only a response that is made in the background can be canceled.", parameter: "response_id")
    }
    entry.task?.cancel()
    store.update(entry.response.id) { $0.response.status = .cancelled }
    return JSONBody.response(json: try self.entry(context).response.json)
  }

  private func inputItems(_ context: APIContext) throws -> Response {
    let input = try entry(context).input
    let items =
      input.array
      ?? [["type": "message", "role": "user", "content": [["type": "input_text", "text": input]]]]
    let numbered = items.enumerated().map { place, item -> JSONValue in
      var object = item.object ?? [:]
      object["id"] = object["id"] ?? .string("item_\(place)")
      object["type"] = object["type"] ?? "message"
      return .object(object)
    }
    return JSONBody.response(json: [
      "object": "list", "data": .array(numbered), "has_more": false, "first_id": numbered.first?["id"] ?? .null,
      "last_id": numbered.last?["id"] ?? .null,
    ])
  }

  private func count(_ request: Request) async throws -> Response {
    var body = try await service.reader.read(ResponsesRequest.self, from: request)
    _ = try extend(&body)
    let prompt = try service.preparation.encode(body.chat.chat, tools: body.chat.tools)
    return JSONBody.response(json: [
      "object": "response.input_tokens", "input_tokens": .integer(prompt.tokens.count),
    ])
  }

  private static func unknown(_ id: String, parameter: String) -> APIError {
    APIError(
      status: .notFound, type: "invalid_request_error", code: "response_not_found", parameter: parameter,
      message:
        "The response '\(id.prefix(80))' is not kept here: it is unknown, was deleted, or newer ones took its place.")
  }
}
