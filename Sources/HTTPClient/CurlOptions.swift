import CCurl
import Glibc

/// Sets the options of one of libcurl's handles. After one that fails it sets no other.
struct CurlOptions {
  private let handle: UnsafeMutableRawPointer
  /// Of the first that failed.
  private(set) var code: CURLcode

  /// Sets what all requests have in common: HTTP and HTTPS only, and certificates checked against the system's
  /// authorities, or those in the file that `SSL_CERT_FILE` names.
  init(_ handle: UnsafeMutableRawPointer, url: String) {
    self.handle = handle
    code = lh_curl_allow_http_only(handle)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_URL, url)
    set(CURLOPT_USERAGENT, "longhaul")
    if let authorities = getenv("SSL_CERT_FILE") { set(CURLOPT_CAINFO, String(cString: authorities)) }
  }

  mutating func set(_ option: CURLoption, _ number: Int) { apply { lh_curl_set_number($0, option, number) } }
  mutating func set(_ option: CURLoption, _ text: String) { apply { lh_curl_set_text($0, option, text) } }

  /// Sets what has a call of its own.
  mutating func apply(_ option: (UnsafeMutableRawPointer) -> CURLcode) {
    if code == CURLE_OK { code = option(handle) }
  }

  /// Whether libcurl could be started, once a process.
  static let isStarted = lh_curl_start() == 1
}
