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

  /// New tokens that a request may need. While the last sequences' prompts are read, the first ones decode already: at
  /// most once for each chunk.
  func maximumNewTokens(leastChunk: Int) -> Int {
    switch kind {
    case .prefill: return 1
    case .decode(let count, let batch):
      let chunks = (promptTokenCount + leastChunk - 1) / leastChunk
      return 2 * Self.warmUpTokenCount + count * (repeatCount + 1) + (batch - 1) * (chunks + 1)
    }
  }

  func contextLength(leastChunk: Int) -> Int {
    promptTokenCount + maximumNewTokens(leastChunk: leastChunk)
  }
}

/// A cluster to start, and what is measured on it.
struct BenchSetting: Hashable, Sendable {
  let workerCount: Int
  /// Of each worker.
  let threadCount: Int
  let kvType: KVElementType
  let cases: [BenchCase]

  var threadTotal: Int { workerCount * threadCount }

  var sequenceCount: Int { cases.map(\.batch).max() ?? 1 }

  func contextLength(leastChunk: Int) -> Int {
    // Room for warming up, too.
    max(64, cases.map { $0.contextLength(leastChunk: leastChunk) }.max() ?? 0)
  }
}
