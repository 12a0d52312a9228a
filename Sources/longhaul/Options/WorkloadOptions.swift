import ArgumentParser
import Core

/// What a cluster's layers are balanced for.
struct WorkloadOptions: ParsableArguments {
  @Option(
    help: """
      Requests that layers are balanced for: PROMPT:ANSWER:SEQUENCES, tokens of a prompt and of an answer, and how \
      many sequences at a time, for example 30000:1000:4. Sets --context and --sequences where they are not given. \
      Default: --sequences prompts as long as --context admits, an eighth of it, at most 1024 tokens, for the answer.
      """)
  var workload: Workload?

  /// - Throws: `ValidationError` where the workload exceeds what is planned for.
  func check(context: Int?, sequences: Int?) throws {
    guard let workload else { return }
    if let context, workload.contextLength > context {
      throw ValidationError(
        "--workload \(workload) takes \(workload.contextLength) tokens a sequence, and --context is \(context); raise "
          + "--context, or leave it out")
    }
    if let sequences, workload.sequenceCount > sequences {
      throw ValidationError(
        "--workload \(workload) has \(workload.sequenceCount) sequences, and --sequences is \(sequences); raise "
          + "--sequences, or leave it out")
    }
  }

  /// The cache options with the workload's context where they have none.
  func completing(_ cache: KVCacheOptions) -> KVCacheOptions {
    var cache = cache
    if cache.context == nil { cache.context = workload?.contextLength }
    return cache
  }

  func completing(_ sequences: Int?) -> Int? { sequences ?? workload?.sequenceCount }
}

extension Workload: ExpressibleByArgument {
  package init?(argument: String) {
    let counts = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard counts.count == 3, let prompt = counts[0], let answer = counts[1], let sequences = counts[2] else {
      return nil
    }
    self.init(promptTokenCount: prompt, answerTokenCount: answer, sequenceCount: sequences)
  }
}
