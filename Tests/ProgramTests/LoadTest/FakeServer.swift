import Foundation
import Synchronization

@testable import longhaul

/// A server that answers completions well, or not at all, as a test decides for each request.
final class FakeServer: Sendable {
  /// What becomes of a connection.
  enum Behavior: Sendable {
    /// Sends these parts and closes.
    case answers([String])
    /// Sends these parts and then nothing.
    case stalls([String])
    case closesAtOnce
  }

  private let listener: TCPSocket
  private let behavior: @Sendable (_ number: Int, _ head: String, _ body: String) -> Behavior
  private let kept = Mutex<[TCPSocket]>([])
  private let count = Mutex(0)

  var address: String { "http://127.0.0.1:\(listener.localPort ?? 0)" }

  /// - Parameter behavior: of each request, counted from 0.
  init(_ behavior: @escaping @Sendable (_ number: Int, _ head: String, _ body: String) -> Behavior) throws {
    listener = try TCPSocket(listeningAt: "127.0.0.1", port: 0)
    self.behavior = behavior
    Thread.detachNewThread { [self] in
      while let connection = try? listener.accept(seconds: 60) {
        Thread.detachNewThread { [self] in serve(connection) }
      }
    }
  }

  /// Lets no more connections come.
  func close() { shutdown(listener.descriptor, Int32(SHUT_RDWR)) }

  private func serve(_ connection: TCPSocket) {
    guard let (head, body) = Self.request(connection) else { return }
    let number = count.withLock { count in
      defer { count += 1 }
      return count
    }
    switch behavior(number, head, body) {
    case .answers(let parts): for part in parts { try? connection.send(Array(part.utf8)) }
    case .stalls(let parts):
      for part in parts { try? connection.send(Array(part.utf8)) }
      kept.withLock { $0.append(connection) }
    case .closesAtOnce: break
    }
  }

  private static func request(_ connection: TCPSocket) -> (head: String, body: String)? {
    var bytes: [UInt8] = []
    while let part = try? connection.receive(1 << 16), !part.isEmpty {
      bytes += part
      guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
      let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
      let count = head.lowercased().firstMatch(of: /content-length: *(\d+)/).flatMap { Int($0.1) } ?? 0
      if bytes.count - end.upperBound >= count {
        return (head, String(decoding: bytes[end.upperBound...], as: UTF8.self))
      }
    }
    return nil
  }

  // MARK: Answers

  /// The head of a stream that ends with the connection.
  static let streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

  static func refusal(_ status: Int, _ text: String) -> Behavior {
    let body = "{\"error\":{\"message\":\"\(text)\"}}"
    return .answers(["HTTP/1.1 \(status) No\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"])
  }

  static func piece(_ text: String, finish: String? = nil) -> String {
    let reason = finish.map { "\"\($0)\"" } ?? "null"
    return "data: {\"choices\":[{\"delta\":{\"content\":\"\(text)\"},\"finish_reason\":\(reason)}]}\n\n"
  }

  static func usage(prompt: Int, answer: Int) -> String {
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":\(prompt),\"completion_tokens\":\(answer)}}\n\ndata: [DONE]\n\n"
  }

  /// A whole answer of three tokens; the prompt has two tokens a word and ten more.
  static func wholeAnswer(to body: String) -> Behavior {
    let words = body.firstMatch(of: /"content":"([^"]*)"/)?.1.split(separator: " ").count ?? 0
    return .answers([
      streamHead, piece("a"), piece("b"), piece("c", finish: "length"), usage(prompt: 10 + 2 * words, answer: 3),
    ])
  }
}
