import Core

/// A token's log-probability as reported to a client.
struct TokenReport: Hashable, Sendable {
  /// One candidate, spelled.
  struct Candidate: Hashable, Sendable {
    var token: TokenID
    var bytes: [UInt8]
    /// Finite; nil when the model gives no probability (the first token of a prompt).
    var logprob: Float?

    init(_ token: TokenID, logprob: Float?, codec: any TextCodec) {
      self.token = token
      bytes = codec.spelling(of: token)
      self.logprob = logprob.map(Self.encodable)
    }

    /// The text, or `bytes:\xNN…` when the bytes are not UTF-8; never a replacement character.
    var text: String {
      if let text = String(validating: bytes, as: UTF8.self) { return text }
      return bytes.reduce(into: "bytes:") { text, byte in
        let digits = String(byte, radix: 16)
        text += "\\x" + (digits.count < 2 ? "0" : "") + digits
      }
    }

    /// JSON has no infinity; -9999 is the customary stand-in for probability 0.
    private static func encodable(_ logprob: Float) -> Float { max(logprob.isNaN ? -9999 : logprob, -9999) }
  }

  var chosen: Candidate
  /// Largest first; may be empty.
  var top: [Candidate]
  /// Place in the answer's text, in Unicode scalars, where the token's text begins, or where the next one's does if it
  /// adds none.
  var offset: Int
}

extension TokenReport {
  init(token: TokenID, logprob: Float?, top: [TokenLogprob], offset: Int, codec: any TextCodec) {
    self.offset = offset
    chosen = Candidate(token, logprob: logprob, codec: codec)
    self.top = top.map { Candidate($0.token, logprob: $0.logprob, codec: codec) }
  }
}
