package import Core

/// The tokens that may come next.
package enum TokenMask: Hashable, Sendable {
  /// In order.
  case few([TokenID])
  /// A bit a token, 64 in a word, lowest first.
  case many([UInt64])

  package func contains(_ token: TokenID) -> Bool {
    switch self {
    case .few(let tokens): tokens.contains(token)
    case .many(let words):
      token >= 0 && Int(token) >> 6 < words.count && words[Int(token) >> 6] >> UInt64(token & 63) & 1 == 1
    }
  }

  package var tokens: [TokenID] {
    switch self {
    case .few(let tokens): tokens
    case .many(let words): Self.tokens(of: words)
    }
  }

  /// Copies the logits of these tokens to `target`, which is as long.
  package func copy(_ logits: UnsafeBufferPointer<Float>, to target: UnsafeMutableBufferPointer<Float>) {
    switch self {
    case .few(let tokens):
      for token in tokens where Int(token) < logits.count { target[Int(token)] = logits[Int(token)] }
    case .many(let words):
      for (index, word) in words.enumerated() {
        var rest = word
        while rest != 0 {
          let token = index * 64 + rest.trailingZeroBitCount
          guard token < logits.count else { return }
          target[token] = logits[token]
          rest &= rest - 1
        }
      }
    }
  }

  package var isEmpty: Bool {
    switch self {
    case .few(let tokens): tokens.isEmpty
    case .many(let words): words.allSatisfy { $0 == 0 }
    }
  }

  /// Bytes of memory, about.
  var byteCount: Int {
    switch self {
    case .few(let tokens): 4 * tokens.count
    case .many(let words): 8 * words.count
    }
  }

  /// The smaller form of these bits.
  init(words: [UInt64]) {
    let count = words.reduce(0) { $0 + $1.nonzeroBitCount }
    self = 4 * count < 8 * words.count ? .few(Self.tokens(of: words)) : .many(words)
  }

  /// Adds the tokens to `words`.
  func merge(into words: inout [UInt64]) {
    switch self {
    case .few(let tokens): for token in tokens { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }
    case .many(let other): for index in words.indices { words[index] |= other[index] }
    }
  }

  private static func tokens(of words: [UInt64]) -> [TokenID] {
    var tokens: [TokenID] = []
    for (index, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        tokens.append(TokenID(index * 64 + rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
    return tokens
  }
}
