import ArgumentParser
import Cluster
import Coordinator
import Foundation
import Inference
import Tokenization
import Weights

/// `longhaul perplexity`: how well the model predicts a long text, at several lengths and under several policies.
struct PerplexityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measures the perplexity of a text at several lengths, plain and under SelfExtend.",
    discussion: """
      Every window of N tokens scores its last --score tokens only, and windows of all lengths end at the same places, \
      so that the same tokens are scored whatever N is. The work runs through a local cluster's workers.
      """)

  @OptionGroup var model: ModelOptions

  @Option(name: [.customShort("f"), .long], help: "The text; - is standard input.")
  var file: String

  @Option(help: "Window lengths in tokens, separated by commas.")
  var lengths = "256,512,1024"

  @Option(help: "Tokens scored at the end of every window.")
  var score: Int = 128

  @Option(help: "Windows.")
  var windows: Int = 16

  @Option(help: "A line between documents of the text: each document then begins with the begin token.")
  var separator: String?

  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    let numbers = lengths.split(separator: ",").map { Int($0.trimmingCharacters(in: .whitespaces)) }
    guard !numbers.isEmpty, numbers.allSatisfy({ $0.map { $0 >= 2 && $0 <= Limits.maximumContext } ?? false }) else {
      throw ValidationError("--lengths must be numbers of at least 2, separated by commas")
    }
    guard score >= 1, windows >= 1, windows <= 100_000 else {
      throw ValidationError("--score and --windows must be at least 1")
    }
  }

  private var lengthList: [Int] {
    lengths.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
  }

  func run() async throws {
    let checkpoint = try model.open()
    let configuration = try checkpoint.configuration
    let tokens = try documentTokens(Tokenizer(checkpoint.tokenizer))
    let longest = lengthList.max() ?? 2
    let ends = try windowEnds(tokenCount: tokens.count, longest: longest)
    let cases = perplexityCases(trainedLength: configuration.trainedLength)
    let (scoreCount, isQuiet) = (score, json)
    let rows = try await LocalCluster.run(
      checkpoint: checkpoint, modelPath: try model.path(),
      demand: cache.demand(
        contextLength: max(longest, cache.context ?? 0), sequenceCount: cluster.workers, policy: policy.request),
      options: cluster, isQuiet: json
    ) { cluster in
      var rows: [PerplexityRow] = []
      var bar = ProgressBar("scoring", isWanted: !isQuiet)
      defer { bar.clear() }
      for (index, value) in cases.enumerated() {
        var scores: [Float] = []
        for (done, end) in ends.enumerated() {
          scores += try await Self.scores(
            of: Array(tokens[end - value.length..<end]), count: scoreCount, policy: value.request,
            engine: cluster.engine)
          bar.update(done: index * ends.count + done + 1, total: cases.count * ends.count)
        }
        rows.append(PerplexityRow(value, scores: scores))
      }
      return rows
    }
    try report(rows, model: configuration)
  }

  /// Log-probabilities of the window's last `count` tokens (all but the first, where it is shorter).
  private static func scores(
    of window: [TokenID], count: Int, policy: PolicyRequest, engine: ClusterEngine
  ) async throws -> [Float] {
    var request = GenerationRequest(prompt: window, maximumNewTokens: 0)
    request.policy = policy
    request.scoresPromptFrom = max(1, window.count - count)
    var scores: [Float] = []
    for try await event in try await engine.generate(request) {
      if case .promptLogprobs(_, let values, _) = event { scores += values }
    }
    return scores
  }

  private func documentTokens(_ tokenizer: Tokenizer) throws -> [TokenID] {
    let text = String(decoding: try PromptOptions.read(file), as: UTF8.self)
    guard let separator else {
      return tokenizer.encode(text, addingBegin: tokenizer.addsBeginToken, parsingSpecial: false)
    }
    var tokens: [TokenID] = []
    for document in text.components(separatedBy: "\n\(separator)\n") {
      tokens += tokenizer.encode(document, addingBegin: true, parsingSpecial: false)
    }
    return tokens
  }

  /// Ends of the windows, `score` tokens apart, the first where the longest window just fits.
  private func windowEnds(tokenCount: Int, longest: Int) throws -> [Int] {
    let last = longest + score * (windows - 1)
    guard last <= tokenCount else {
      throw CommandFailure(
        .usage, "'\(file)' has \(tokenCount) tokens; \(windows) windows of \(longest) need \(last): use fewer "
          + "--windows, shorter --lengths, or a longer text")
    }
    return (0..<windows).map { longest + score * $0 }
  }

  private func perplexityCases(trainedLength: Int) -> [PerplexityCase] {
    lengthList.flatMap { length -> [PerplexityCase] in
      var requests = [PolicyRequest(groupSize: 1)]
      if policy.request != PolicyRequest() {
        requests.append(policy.request)
      } else if (try? PolicyChoice.forLength(length, trainedLength: trainedLength))?.policy.groups == true {
        // Where the automatic policy is plain or refuses, there is nothing to put beside plain.
        requests.append(PolicyRequest())
      }
      return requests.compactMap { request in
        // A policy that cannot be computed at all was refused with the options; none is left out here.
        (try? PolicyChoice.forLength(length, trainedLength: trainedLength, request: request)).map {
          PerplexityCase(length: length, request: request, policy: $0.policy)
        }
      }
    }
  }

  private func report(_ rows: [PerplexityRow], model: ModelConfiguration) throws {
    if json {
      return try StandardOutput.json(
        PerplexityReport(model: model.name, trainedLength: model.trainedLength, scoredPerWindow: score, rows: rows))
    }
    try StandardOutput.write(
      "\(model.name), trained at \(model.trainedLength); the last \(score) tokens of \(windows) windows\n")
    try StandardOutput.write("length      G      w   perplexity   standard error\n")
    for row in rows {
      try StandardOutput.write(
        String(
          format: "%6d %6d %6d %12.3f %16.3f\n", row.length, row.policy.groupSize, row.policy.neighborWindow,
          row.perplexity, row.standardError))
    }
  }
}

/// One cell of the table: a length under a policy.
private struct PerplexityCase: Sendable {
  let length: Int
  let request: PolicyRequest
  let policy: SelfExtendPolicy
}

struct PerplexityRow: Encodable, Sendable {
  let length: Int
  let policy: PolicyReport
  let scoredTokens: Int
  let perplexity: Double
  /// Of the perplexity, from the spread of the tokens' log-probabilities.
  let standardError: Double

  fileprivate init(_ value: PerplexityCase, scores: [Float]) {
    length = value.length
    policy = PolicyReport(value.policy)
    scoredTokens = scores.count
    let losses = scores.map { -Double($0) }
    let mean = losses.reduce(0, +) / Double(max(1, losses.count))
    let variance = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, losses.count - 1))
    perplexity = exp(mean)
    standardError = perplexity * (variance / Double(max(1, losses.count))).squareRoot()
  }
}

struct PerplexityReport: Encodable {
  let model: String
  let trainedLength: Int
  let scoredPerWindow: Int
  let rows: [PerplexityRow]
}
