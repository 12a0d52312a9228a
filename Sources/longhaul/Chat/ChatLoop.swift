import ChatTemplates
import Foundation
import JSON
import Synchronization

/// What came of an answer so far.
private final class SaidText: Sendable {
  private let pieces = Mutex("")
  func append(_ piece: String) { pieces.withLock { $0 += piece } }
  var text: String { pieces.withLock { $0 } }
}

/// Talks with the user: reads lines, prints answers. One task runs it; a thread reads standard input.
final class ChatLoop: Sendable {
  private let peer: any ChatPeer
  private let isTerminal = isatty(STDIN_FILENO) == 1
  private let current = Mutex<Task<Void, any Error>?>(nil)

  init(peer: any ChatPeer) { self.peer = peer }

  /// Runs until the input ends, the user leaves, or SIGINT comes while nothing is answered.
  /// - Throws: `OutputClosed`, and what a peer throws where no user is there to ask again.
  func run(_ session: ChatSession) async throws {
    var session = session
    let (lines, sink) = AsyncStream<String>.makeStream()
    Self.readLines(into: sink)
    let signals = Task { [self] in
      for await _ in Interruption.signals() {
        let task = current.withLock { $0 }
        if let task { task.cancel() } else { sink.finish() }
      }
    }
    defer { signals.cancel() }
    prompt(session)
    for await line in lines {
      guard try await take(line, &session) else { break }
      prompt(session)
    }
    if isTerminal { StandardError.write("\n") }
  }

  private func prompt(_ session: ChatSession) {
    if isTerminal { StandardError.write(session.isContinuing ? "... " : "> ") }
  }

  /// Returns whether the chat goes on.
  private func take(_ line: String, _ session: inout ChatSession) async throws -> Bool {
    switch session.take(line) {
    case .wait: break
    case .leave: return false
    case .show(let text): StandardError.line(text)
    case .answer: session.answered(try await answer(session))
    case .save(let path): try report { try Self.save(session.messages, to: path) }
    case .load(let path): try report { session.replace(try Self.load(path)) }
    }
    return true
  }

  /// Shows what goes wrong where a user can try again.
  private func report(_ work: () throws -> Void) throws {
    do {
      try work()
    } catch {
      guard isTerminal else { throw error }
      StandardError.line("longhaul: \(error)")
    }
  }

  /// Prints the answer while it comes. Returns what came until the end, or until it was stopped.
  private func answer(_ session: ChatSession) async throws -> String {
    let said = SaidText()
    let (peer, messages, settings) = (peer, session.messages, session.settings)
    let task = Task {
      for try await piece in try await peer.answer(messages, settings) {
        try StandardOutput.write(piece)
        said.append(piece)
      }
      // A stream that is canceled ends like one that is complete.
      try Task.checkCancellation()
    }
    current.withLock { $0 = task }
    defer { current.withLock { $0 = nil } }
    let result = await task.result
    try StandardOutput.write("\n")
    switch result {
    case .success: return said.text
    case .failure(let error):
      if error is OutputClosed { throw error }
      if !(error is CancellationError) {
        guard isTerminal else { throw error }
        StandardError.line("longhaul: \(error)")
      }
      return said.text
    }
  }

  private static func readLines(into sink: AsyncStream<String>.Continuation) {
    let thread = Thread {
      while let line = readLine() { sink.yield(line) }
      sink.finish()
    }
    thread.name = "input"
    thread.start()
  }

  // MARK: Files

  static func save(_ messages: [ChatMessage], to path: String) throws {
    let list = messages.map { message -> JSONValue in
      ["role": .string(message.role), "content": .string(message.content ?? "")]
    }
    try OutputFile.write(JSONValue.array(list).text.utf8, to: path)
  }

  static func load(_ path: String) throws -> [ChatMessage] {
    let value: JSONValue
    do {
      value = try JSONParser.parse(InputFile.bytes(path))
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.usage, "'\(path)' is not JSON: \(error)")
    }
    let messages = (value.array ?? value["messages"]?.array ?? []).compactMap { message -> ChatMessage? in
      guard let role = message["role"]?.string, let content = message["content"]?.string else { return nil }
      return ChatMessage(role: role, content: content)
    }
    guard !messages.isEmpty else {
      throw CommandFailure(.usage, "'\(path)' holds no messages: it must be an array of objects with role and content")
    }
    return messages
  }
}
