import ChatTemplates
import Foundation
import HTTPClient
import JSON
import Synchronization

/// A server that speaks OpenAI's chat completions.
struct RemoteChatPeer: ChatPeer {
  let address: ServerAddress
  /// The model's name; empty where the server has one model.
  let model: String
  /// Sent as a bearer token.
  let key: String?

  func answer(_ messages: [ChatMessage], _ settings: ChatSettings) async throws -> AsyncThrowingStream<
    String, any Error
  > {
    let body = Self.body(messages, settings, model: model)
    let (pieces, sink) = AsyncThrowingStream<String, any Error>.makeStream()
    let task = Task {
      do {
        try await request(body) { sink.yield($0) }
        sink.finish()
      } catch {
        sink.finish(throwing: error)
      }
    }
    sink.onTermination = { _ in task.cancel() }
    return pieces
  }

  static func body(_ messages: [ChatMessage], _ settings: ChatSettings, model: String) -> JSONValue {
    let list = messages.map { message -> JSONValue in
      ["role": .string(message.role), "content": .string(message.content ?? "")]
    }
    var body: JSONObject = ["model": .string(model), "messages": .array(list), "stream": true]
    body["temperature"] = settings.temperature.map { .number(JSONNumber(Double($0))) }
    body["top_p"] = settings.topP.map { .number(JSONNumber(Double($0))) }
    body["top_k"] = settings.topK.map { .integer($0) }
    body["max_tokens"] = settings.maximumTokens.map { .integer($0) }
    body["seed"] = settings.seed.map { .integer(Int(truncatingIfNeeded: $0)) }
    return .object(body)
  }

  private func request(_ body: JSONValue, piece: @escaping @Sendable (String) -> Void) async throws {
    let isCanceled = Flag()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        // The transfer blocks its thread.
        Thread.detachNewThread { [self] in
          continuation.resume(with: Result { try transfer(body, isCanceled: { isCanceled.isSet }, piece: piece) })
        }
      }
    } onCancel: {
      isCanceled.set()
    }
  }

  private func transfer(
    _ body: JSONValue, isCanceled: @escaping () -> Bool, piece: @escaping (String) -> Void
  ) throws {
    var transfer = HTTPTransfer(url: "\(address.apiBase)/chat/completions", token: key)
    transfer.body = Array(body.text.utf8)
    transfer.failsOnRefusal = false
    // A long document may be read for hours before the first word comes.
    transfer.silenceLimit = nil
    transfer.usesProxy = address.isSecure
    transfer.isCanceled = isCanceled
    var reader = ChatAnswerReader()
    let answer: HTTPTransfer.Answer
    do {
      answer = try transfer.run { reader.read($0, piece: piece) }
    } catch {
      if let problem = reader.problem { throw problem }
      if isCanceled() { throw CancellationError() }
      throw CommandFailure(.unavailable, "no whole answer comes from \(address): \(error.text)")
    }
    guard answer.status == 200 else {
      throw CommandFailure(.unavailable, ChatEvent.refusal(reader.beginning, status: answer.status))
    }
  }
}

/// Takes a streamed answer apart as its bytes come.
private struct ChatAnswerReader {
  private var lines = EventLines()
  /// What a server's refusal is read from.
  private(set) var beginning = ""
  /// An error that the server streamed.
  private(set) var problem: (any Error)?

  /// - Returns: whether to go on.
  mutating func read(_ bytes: UnsafeRawBufferPointer, piece: (String) -> Void) -> Bool {
    if beginning.utf8.count < 4096 { beginning += String(decoding: bytes.prefix(4096), as: UTF8.self) }
    do {
      for event in lines.append(bytes) {
        if let text = try ChatEvent.text(event) { piece(text) }
      }
      return true
    } catch {
      problem = error
      return false
    }
  }
}

/// Set by one thread, and read by another.
private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}
