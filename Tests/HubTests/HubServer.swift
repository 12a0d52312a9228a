import Foundation
import Glibc
import Synchronization

/// A hub of one repository on loopback, with what can go wrong at one. Its calls block a thread of its own; any thread
/// may ask it.
final class HubServer: Sendable {
  struct File: Sendable {
    let path: String
    let bytes: [UInt8]
    /// As the tree lists it.
    let listing: String
  }

  /// What goes wrong.
  struct Faults: Sendable {
    /// The connection is cut after so many bytes of a file, so many times.
    var cut: (after: Int, times: Int) = (0, 0)
    /// Answers whole files whatever the request says.
    var ignoresRange = false
    /// Answers so many requests with this status first.
    var refusal: (status: Int, times: Int) = (503, 0)
    /// Bytes behind the end of every file.
    var extra: [UInt8] = []
    /// Where files are really: another server's address.
    var elsewhere: String?
    /// Files of a page of the tree.
    var pageSize = 1000
  }

  struct Request: Sendable {
    let path: String
    let hasToken: Bool
    /// Where a range begins.
    let offset: Int
  }

  static let commit = String(repeating: "c0ffee00", count: 5)

  let port: UInt16
  private let files: [File]
  private let faults: Mutex<Faults>
  private let seen = Mutex<[Request]>([])
  private let listener: Int32

  init(_ files: [File], _ faults: Faults = Faults()) throws {
    self.files = files
    self.faults = Mutex(faults)
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
    guard isListening else { throw HubServerError() }
    port = UInt16(bigEndian: address.sin_port)
    let thread = Thread { [weak self, descriptor] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0, let self else { return }
        self.answer(connection)
        close(connection)
      }
    }
    thread.start()
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  var address: String { "http://127.0.0.1:\(port)" }
  var requests: [Request] { seen.withLock { $0 } }
  var downloads: [Request] { requests.filter { !$0.path.hasPrefix("/api/") } }

  private func answer(_ connection: Int32) {
    guard let request = read(connection) else { return }
    seen.withLock { $0.append(request) }
    let faults = faults.withLock { faults in
      defer { if faults.refusal.times > 0 { faults.refusal.times -= 1 } }
      return faults
    }
    if faults.refusal.times > 0 { return send(connection, "\(faults.refusal.status) No", [], []) }
    let api = "/api/models/owner/repo"
    if request.path == "\(api)/revision/main" {
      return send(connection, "200 OK", [], Array(#"{"sha":"\#(Self.commit)"}"#.utf8))
    }
    if request.path.hasPrefix("\(api)/tree/\(Self.commit)") { return tree(connection, request, faults) }
    guard let file = files.first(where: { request.path.hasSuffix("/resolve/\(Self.commit)/\($0.path)") }) else {
      return send(connection, "404 Not Found", [], [])
    }
    if let elsewhere = faults.elsewhere {
      return send(connection, "302 Found", ["Location: \(elsewhere)\(request.path)"], [])
    }
    give(connection, file, request, faults)
  }

  private func tree(_ connection: Int32, _ request: Request, _ faults: Faults) {
    let first = request.path.split(separator: "=").last.flatMap { Int($0) } ?? 0
    let page = files.dropFirst(first).prefix(faults.pageSize)
    let next = first + faults.pageSize
    let path = "/api/models/owner/repo/tree/\(Self.commit)?recursive=true&cursor=\(next)"
    let headers = next < files.count ? [#"Link: <\#(address)\#(path)>; rel="next""#] : []
    send(connection, "200 OK", headers, Array("[\(page.map(\.listing).joined(separator: ","))]".utf8))
  }

  private func give(_ connection: Int32, _ file: File, _ request: Request, _ faults: Faults) {
    let whole = file.bytes + faults.extra
    let start = faults.ignoresRange ? 0 : min(request.offset, whole.count)
    let body = Array(whole[start...])
    let status = start > 0 ? "206 Partial Content" : "200 OK"
    let range = start > 0 ? ["Content-Range: bytes \(start)-\(whole.count - 1)/\(whole.count)"] : []
    let isCut = self.faults.withLock { faults in
      guard faults.cut.times > 0 else { return false }
      faults.cut.times -= 1
      return true
    }
    send(connection, status, range, isCut ? Array(body.prefix(faults.cut.after)) : body, length: body.count)
  }

  private func send(
    _ connection: Int32, _ status: String, _ headers: [String], _ body: [UInt8], length: Int? = nil
  ) {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(length ?? body.count)", "Connection: close"] + headers
    let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      done += count
    }
  }

  private func read(_ connection: Int32) -> Request? {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !text.contains("\r\n\r\n") {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      text += String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    let lines = text.components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    let offset = range.flatMap { Int($0.dropFirst(13).prefix { $0 != "-" }) } ?? 0
    return Request(
      path: String(words[1]), hasToken: lines.contains("Authorization: Bearer secret"), offset: offset)
  }
}

struct HubServerError: Error {}
