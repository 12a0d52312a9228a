import CCurl

/// Requests to one server whose answers stream at once, by libcurl. All of one thread; `wait` calls back on it.
package final class HTTPStreams {
  /// What comes of a request.
  package enum Event {
    /// Bytes of the body, under the answer's status.
    case bytes(UnsafeRawBufferPointer, status: Int)
    /// Last. Status 0: no answer came.
    case ended(status: Int, Failure?)
  }

  /// Why a request did not end as it should.
  package struct Failure: Error {
    package enum Kind: Sendable {
      case noConnection
      case noAnswer
      case timedOut
    }

    package let kind: Kind
    package let text: String
  }

  /// A request in flight.
  private final class Stream {
    let handle: UnsafeMutableRawPointer
    let take: (Event) -> Void

    init(_ handle: UnsafeMutableRawPointer, _ take: @escaping (Event) -> Void) {
      (self.handle, self.take) = (handle, take)
    }
  }

  private let multi: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?
  private let secondsAtMost: Double
  private var streams: [UnsafeMutableRawPointer: Stream] = [:]

  /// Nil where libcurl cannot start.
  /// - Parameters:
  ///   - key: sent as a bearer token.
  ///   - secondsAtMost: a request that takes longer is given up.
  package init?(key: String?, secondsAtMost: Double) {
    guard CurlOptions.isStarted, let multi = curl_multi_init() else { return nil }
    self.multi = multi
    self.secondsAtMost = secondsAtMost
    // Without the second, a long prompt would wait for the server's leave.
    for line in ["Content-Type: application/json", "Expect:"] + (key.map { ["Authorization: Bearer \($0)"] } ?? []) {
      headers = curl_slist_append(headers, line)
    }
  }

  deinit {
    for stream in streams.values { remove(stream) }
    curl_multi_cleanup(multi)
    curl_slist_free_all(headers)
  }

  package var count: Int { streams.count }

  /// Begins a request: a POST of the body, or a GET without one. Redirections are not followed, so that no other
  /// server gets the key.
  package func start(_ url: String, body: String?, take: @escaping (Event) -> Void) {
    guard let handle = curl_easy_init() else {
      return take(.ended(status: 0, Failure(kind: .noAnswer, text: "libcurl has no memory left")))
    }
    let stream = Stream(handle, take)
    var options = CurlOptions(handle, url: url)
    options.set(CURLOPT_CONNECTTIMEOUT, 30)
    options.set(CURLOPT_TIMEOUT_MS, Int(secondsAtMost * 1000))
    if let body {
      options.set(CURLOPT_POSTFIELDSIZE, body.utf8.count)
      options.set(CURLOPT_COPYPOSTFIELDS, body)
    }
    options.apply { lh_curl_set_headers($0, headers) }
    // Safety: `streams` keeps the stream until its handle is removed, and libcurl calls back only within `wait`.
    let context = Unmanaged.passUnretained(stream).toOpaque()
    options.apply { lh_curl_set_sinks($0, Self.takeBody, Self.skip, context) }
    guard options.code == CURLE_OK, curl_multi_add_handle(multi, handle) == CURLM_OK else {
      curl_easy_cleanup(handle)
      return take(.ended(status: 0, Self.failure(options.code)))
    }
    streams[handle] = stream
  }

  /// Handles what comes within this time; returns sooner when anything has come.
  package func wait(milliseconds: Int) {
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
    takeEnded()
    // Nothing to do is no reason to return at once: the caller would spin.
    curl_multi_poll(multi, nil, 0, Int32(clamping: max(0, milliseconds)), nil)
    curl_multi_perform(multi, &running)
    takeEnded()
  }

  private func takeEnded() {
    var rest: Int32 = 0
    while let message = curl_multi_info_read(multi, &rest)?.pointee {
      guard message.msg == CURLMSG_DONE, let handle = message.easy_handle, let stream = streams[handle] else {
        continue
      }
      let code = message.data.result
      let status = lh_curl_status(handle)
      remove(stream)
      streams[handle] = nil
      stream.take(.ended(status: status, code == CURLE_OK ? nil : Self.failure(code)))
    }
  }

  private func remove(_ stream: Stream) {
    curl_multi_remove_handle(multi, stream.handle)
    curl_easy_cleanup(stream.handle)
  }

  private static func failure(_ code: CURLcode) -> Failure {
    let text = String(cString: curl_easy_strerror(code))
    switch code {
    case CURLE_OPERATION_TIMEDOUT: return Failure(kind: .timedOut, text: text)
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_SSL_CONNECT_ERROR,
      CURLE_PEER_FAILED_VERIFICATION:
      return Failure(kind: .noConnection, text: text)
    default: return Failure(kind: .noAnswer, text: text)
    }
  }

  private static let takeBody: lh_curl_sink = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let stream = Unmanaged<Stream>.fromOpaque(context).takeUnretainedValue()
    let buffer = UnsafeRawBufferPointer(start: bytes, count: size * count)
    stream.take(.bytes(buffer, status: lh_curl_status(stream.handle)))
    return size * count
  }

  private static let skip: lh_curl_sink = { _, size, count, _ in size * count }
}
