import CCurl

/// Requests to one server whose answers stream at once, by libcurl. All of one thread; `wait` calls back on it.
final class HTTPStreams {
  /// What comes of a request.
  enum Event {
    /// Bytes of the body, under the answer's status.
    case bytes(UnsafeRawBufferPointer, status: Int)
    /// Last. Status 0: no answer came.
    case ended(status: Int, AnswerMeter.Failure?)
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

  /// - Parameters:
  ///   - key: sent as a bearer token.
  ///   - secondsAtMost: a request that takes longer is given up.
  init(key: String?, secondsAtMost: Double) throws {
    guard Self.isStarted, let multi = curl_multi_init() else {
      throw CommandFailure(.runtime, "libcurl cannot start")
    }
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

  var count: Int { streams.count }

  /// Begins a request: a POST of the body, or a GET without one. Redirections are not followed, so that no other
  /// server gets the key.
  func start(_ url: String, body: String?, take: @escaping (Event) -> Void) {
    guard let handle = curl_easy_init() else {
      return take(.ended(status: 0, AnswerMeter.Failure(kind: "no memory", text: "libcurl has no memory left")))
    }
    let stream = Stream(handle, take)
    var code = lh_curl_allow_http_only(handle)
    func set(_ option: CURLoption, _ number: Int) {
      if code == CURLE_OK { code = lh_curl_set_number(handle, option, number) }
    }
    func set(_ option: CURLoption, _ text: String) {
      if code == CURLE_OK { code = lh_curl_set_text(handle, option, text) }
    }
    set(CURLOPT_URL, url)
    set(CURLOPT_USERAGENT, "longhaul")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_CONNECTTIMEOUT, 30)
    set(CURLOPT_TIMEOUT_MS, Int(secondsAtMost * 1000))
    if let body {
      set(CURLOPT_POSTFIELDSIZE, body.utf8.count)
      set(CURLOPT_COPYPOSTFIELDS, body)
    }
    if code == CURLE_OK { code = lh_curl_set_headers(handle, headers) }
    // Safety: `streams` keeps the stream until its handle is removed, and libcurl calls back only within `wait`.
    let context = Unmanaged.passUnretained(stream).toOpaque()
    if code == CURLE_OK { code = lh_curl_set_sinks(handle, Self.takeBody, Self.skip, context) }
    guard code == CURLE_OK, curl_multi_add_handle(multi, handle) == CURLM_OK else {
      curl_easy_cleanup(handle)
      return take(.ended(status: 0, Self.failure(code)))
    }
    streams[handle] = stream
  }

  /// Handles what comes within this time; returns sooner when anything has come.
  func wait(milliseconds: Int) {
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

  private static func failure(_ code: CURLcode) -> AnswerMeter.Failure {
    let text = String(cString: curl_easy_strerror(code))
    switch code {
    case CURLE_OPERATION_TIMEDOUT: return AnswerMeter.Failure(kind: "timed out", text: text)
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_SSL_CONNECT_ERROR,
      CURLE_PEER_FAILED_VERIFICATION:
      return AnswerMeter.Failure(kind: "no connection", text: text)
    default: return AnswerMeter.Failure(kind: "no answer", text: text)
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

  /// Once a process.
  private static let isStarted = lh_curl_start() == 1
}
