import Foundation
import Glibc
import Synchronization

/// An OpenTelemetry collector on loopback that keeps what is posted. Its calls block a thread of its own; any thread
/// may ask it.
final class CollectorServer: Sendable {
  struct Post: Sendable {
    let head: String
    let body: Data
  }

  let port: UInt16
  private let posts = Mutex<[Post]>([])
  private let listener: Int32

  /// - Parameter statuses: of the first answers; the others are 200.
  init(statuses: [Int] = []) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let (descriptor, size) = (listener, length)
    let isListening = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isListening else { throw POSIXError(.EADDRINUSE) }
    port = UInt16(bigEndian: address.sin_port)
    Thread { [weak self, descriptor] in
      var statuses = statuses[...]
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0, let self else { return }
        self.take(connection, status: statuses.popFirst() ?? 200)
        close(connection)
      }
    }.start()
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  var received: [Post] { posts.withLock { $0 } }

  /// All spans that were taken, each as its JSON object.
  var spans: [[String: Any]] {
    received.flatMap { post -> [[String: Any]] in
      let document = try? JSONSerialization.jsonObject(with: post.body) as? [String: Any]
      let resources = document?["resourceSpans"] as? [[String: Any]] ?? []
      return resources.flatMap { $0["scopeSpans"] as? [[String: Any]] ?? [] }
        .flatMap { $0["spans"] as? [[String: Any]] ?? [] }
    }
  }

  private func take(_ connection: Int32, status: Int) {
    var bytes = Data()
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let end = Data("\r\n\r\n".utf8)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      bytes.append(contentsOf: buffer[..<count])
      guard let head = bytes.range(of: end) else { continue }
      let text = String(decoding: bytes[..<head.lowerBound], as: UTF8.self)
      let length = text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
      guard let length, bytes.count - head.upperBound >= length else { continue }
      if status == 200 { posts.withLock { $0.append(Post(head: text, body: bytes[head.upperBound...])) } }
      let answer = Array("HTTP/1.1 \(status) X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".utf8)
      _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
      return
    }
  }
}
