import CCurl

/// One request to a server, by libcurl, over HTTP or HTTPS. Blocks; any thread, one at a time.
///
/// Redirections are followed, over HTTP and HTTPS only; a token is sent to the first server alone. Certificates are
/// checked against the system's authorities, or those in the file that `SSL_CERT_FILE` names.
package struct HTTPTransfer {
  package let url: String
  package var token: String?
  /// Others: `Name: value`.
  package var headers: [String] = []
  /// Bytes to leave out at the beginning.
  package var offset = 0
  /// JSON to post; nil gets.
  package var body: [UInt8]?
  /// Whether statuses from 400 on are failures, whose body is not read.
  package var failsOnRefusal = true
  /// Seconds that the whole request may take; nil has no bound.
  package var timeout: Int?
  /// Seconds without a byte after which the server is given up; nil waits for any time.
  package var silenceLimit: Int? = 60
  /// Whether the proxy that the environment names is used.
  package var usesProxy = true
  /// Whether the server must prove its name.
  package var checksCertificate = true
  /// Asked about once a second; true ends the transfer.
  package var isCanceled: () -> Bool = { false }

  /// What came of it, where the transfer itself did not fail.
  package struct Answer {
    package let status: Int
    /// Of the last answer, names in lower case.
    package let headers: [String: String]
  }

  /// Why no whole answer came.
  package struct Failure: Error {
    package let text: String
    /// Of the server's answer, where there was one.
    package let status: Int
    /// Whether the server does not continue where it was asked to.
    package let ignoresOffset: Bool

    package init(text: String, status: Int = 0, ignoresOffset: Bool = false) {
      (self.text, self.status, self.ignoresOffset) = (text, status, ignoresOffset)
    }
  }

  package init(url: String, token: String? = nil, offset: Int = 0) {
    (self.url, self.token, self.offset) = (url, token, offset)
  }

  /// Runs the request.
  /// - Parameter take: given the bytes of the answer's body as they come; false ends the transfer.
  package func run(_ take: @escaping (UnsafeRawBufferPointer) -> Bool) throws(Failure) -> Answer {
    guard CurlOptions.isStarted, let handle = curl_easy_init() else { throw Failure(text: "libcurl cannot start") }
    defer { curl_easy_cleanup(handle) }
    var headers: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(headers) }
    for line in headerLines { headers = curl_slist_append(headers, line) }
    let sink = TransferSink(body: take, isCanceled: isCanceled)
    var code = prepare(handle, sink)
    if code == CURLE_OK, headers != nil { code = lh_curl_set_headers(handle, headers) }
    // Safety: `sink` and `body` live until the transfer is over; libcurl calls on this thread, in `curl_easy_perform`.
    if code == CURLE_OK {
      code = (body ?? []).withUnsafeBytes { bytes in
        if body != nil {
          // An empty array has no address, and no address means that libcurl asks for the bytes.
          let code = lh_curl_set_post(handle, bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1), Int64(bytes.count))
          guard code == CURLE_OK else { return code }
        }
        return withExtendedLifetime(sink) { curl_easy_perform(handle) }
      }
    }
    let status = lh_curl_status(handle)
    guard code == CURLE_OK else {
      throw Failure(
        text: String(cString: curl_easy_strerror(code)), status: status, ignoresOffset: code == CURLE_RANGE_ERROR)
    }
    return Answer(status: status, headers: sink.headers)
  }

  private var headerLines: [String] {
    (token.map { ["Authorization: Bearer \($0)"] } ?? []) + headers
      // Without the second, libcurl waits a second for a server's leave to send a longer body.
      + (body == nil ? [] : ["Content-Type: application/json", "Expect:"])
  }

  /// Sets all but the body and the headers.
  private func prepare(_ handle: UnsafeMutableRawPointer, _ sink: TransferSink) -> CURLcode {
    var options = CurlOptions(handle, url: url)
    for (option, number) in [
      (CURLOPT_FOLLOWLOCATION, 1), (CURLOPT_MAXREDIRS, 8), (CURLOPT_FAILONERROR, failsOnRefusal ? 1 : 0),
      (CURLOPT_CONNECTTIMEOUT, min(30, timeout ?? 30)), (CURLOPT_TIMEOUT, timeout ?? 0),
      (CURLOPT_LOW_SPEED_LIMIT, silenceLimit == nil ? 0 : 1), (CURLOPT_LOW_SPEED_TIME, silenceLimit ?? 0),
    ] {
      options.set(option, number)
    }
    if !checksCertificate {
      options.set(CURLOPT_SSL_VERIFYPEER, 0)
      options.set(CURLOPT_SSL_VERIFYHOST, 0)
    }
    if !usesProxy { options.set(CURLOPT_NOPROXY, "*") }
    if offset > 0 { options.apply { lh_curl_resume_from($0, Int64(offset)) } }
    // Safety: the caller keeps `sink` until the transfer is over.
    let context = Unmanaged.passUnretained(sink).toOpaque()
    options.apply { lh_curl_set_sinks($0, TransferSink.takeBody, TransferSink.takeHeader, context) }
    options.apply { lh_curl_set_watch($0, TransferSink.watch, context) }
    return options.code
  }
}
