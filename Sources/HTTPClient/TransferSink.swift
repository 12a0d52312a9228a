import CCurl

/// What libcurl calls back during one transfer, on the transfer's thread.
final class TransferSink {
  private let body: (UnsafeRawBufferPointer) -> Bool
  private let isCanceled: () -> Bool
  /// Of the last answer, names in lower case.
  private(set) var headers: [String: String] = [:]

  init(body: @escaping (UnsafeRawBufferPointer) -> Bool, isCanceled: @escaping () -> Bool) {
    (self.body, self.isCanceled) = (body, isCanceled)
  }

  static let takeBody: lh_curl_sink = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let sink = Unmanaged<TransferSink>.fromOpaque(context).takeUnretainedValue()
    return sink.body(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
  }

  static let takeHeader: lh_curl_sink = { bytes, size, count, context in
    guard let context, let bytes else { return 0 }
    let sink = Unmanaged<TransferSink>.fromOpaque(context).takeUnretainedValue()
    sink.add(String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self))
    return size * count
  }

  static let watch: lh_curl_watch = { context, _, _, _, _ in
    guard let context else { return 0 }
    return Unmanaged<TransferSink>.fromOpaque(context).takeUnretainedValue().isCanceled() ? 1 : 0
  }

  /// Every answer begins with its status, also one that redirects.
  private func add(_ line: String) {
    if line.hasPrefix("HTTP/") { return headers.removeAll() }
    guard headers.count < 256, let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].filter { !$0.isNewline }
    headers[line[..<colon].lowercased()] = String(value.drop { $0 == " " })
  }
}
