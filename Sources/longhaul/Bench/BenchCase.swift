import Inference

/// One thing to measure on a running cluster.
struct BenchCase: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// So many tokens of one prompt are read.
    case prefill(tokenCount: Int)
    /// So many tokens are drawn for each of several sequences at once.
    case decode(tokenCount: Int, batch: Int)
  }

  let kind: Kind
  /// Tokens in the cache before, of every sequence.
  let depth: Int
  let repeatCount: Int

  /// Tokens that are drawn before a decode is timed.
  static let warmUpTokenCount = 4

  var isDecode: Bool { if case .decode = kind { true } else { false } }

  var batch: Int {
    switch kind {
    case .prefill: 1
    case .decode(_, let batch): batch
    }
  }

  /// Prompt tokens of each of its requests.
  var promptTokenCount: Int {
    switch kind {
    case .prefill(let count): depth + count
    // The first token comes of the prompt, so an empty cache is one of one token.
    case .decode: max(1, depth)
    }
  }

  /// New tokens that a request may need: in each of its turns those that warm up and those that count, and a few more,
  /// since of several sequences some are ahead, and what is in flight when a turn ends comes to its end.
  var maximumNewTokens: Int {
    switch kind {
    case .prefill: 1
    case .decode(let count, _): (count + 4 * Self.warmUpTokenCount) * repeatCount + Self.warmUpTokenCount
    }
  }

  var contextLength: Int { promptTokenCount + maximumNewTokens }
}

/// A cluster to start, and what is measured on it.
struct BenchSetting: Hashable, Sendable {
  let workerCount: Int
  /// Of each worker.
  let threadCount: Int
  let kvType: KVElementType
  let cases: [BenchCase]
  /// Policies that each case is measured with. When they decode, their sequences are all there at once.
  let policyCount: Int

  var threadTotal: Int { workerCount * threadCount }

  var sequenceCount: Int { cases.map { $0.isDecode ? $0.batch * policyCount : 1 }.max() ?? 1 }

  var contextLength: Int {
    // Room for warming up, too.
    max(64, cases.map(\.contextLength).max() ?? 0)
  }
}
