import Core

/// One thing to measure on a running cluster.
struct BenchCase: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// Prefill of this many prompt tokens.
    case prefill(tokenCount: Int)
    /// Decode of this many tokens for each sequence of a batch.
    case decode(tokenCount: Int, batch: Int)
  }

  let kind: Kind
  /// Tokens of every sequence that are already in the KV cache.
  let depth: Int
  let repeatCount: Int

  /// Tokens decoded before timing starts.
  static let warmUpTokenCount = 4

  var isDecode: Bool { if case .decode = kind { true } else { false } }

  var batch: Int {
    switch kind {
    case .prefill: 1
    case .decode(_, let batch): batch
    }
  }

  /// Prompt tokens of each request.
  var promptTokenCount: Int {
    switch kind {
    case .prefill(let count): depth + count
    // Decode needs a prompt, so an empty cache has one token.
    case .decode: max(1, depth)
    }
  }

  /// Maximum new tokens of a request: in each turn the warm-up and the timed tokens, plus a margin, because some
  /// sequences run ahead and tokens in flight at the end of a turn still complete.
  var maximumNewTokens: Int {
    switch kind {
    case .prefill: 1
    case .decode(let count, _): (count + 4 * Self.warmUpTokenCount) * repeatCount + Self.warmUpTokenCount
    }
  }

  var contextLength: Int { promptTokenCount + maximumNewTokens }
}

/// A cluster to start and its cases.
struct BenchSetting: Hashable, Sendable {
  let workerCount: Int
  /// Per worker.
  let threadCount: Int
  let kvType: KVElementType
  let attention: AttentionArithmetic
  let cases: [BenchCase]
  /// Number of policies per case. In decode, the sequences of all policies are in the cache together.
  let policyCount: Int

  var threadTotal: Int { workerCount * threadCount }

  var sequenceCount: Int { cases.map { $0.isDecode ? $0.batch * policyCount : 1 }.max() ?? 1 }

  var contextLength: Int {
    // Includes room for the warm-up.
    max(64, cases.map(\.contextLength).max() ?? 0)
  }
}
