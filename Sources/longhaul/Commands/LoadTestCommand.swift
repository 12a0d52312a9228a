import ArgumentParser
import Core
import Evaluation

extension LoadAPI: ExpressibleByArgument {}

/// `longhaul load-test`: how a server does under many requests.
struct LoadTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load-test",
    abstract: "Sends requests to a server that speaks OpenAI's API, and measures their answers.",
    discussion: """
      Requests come at a rate (--rate), whatever became of those before, or from clients that each wait for their \
      answer (--clients). Lengths are in tokens: 512 for all, 128-1024 for any in between, 512~128 for a normal \
      distribution with its standard deviation. The same seed sends the same requests. Times count from the moment at \
      which a request was due. Failed requests are counted by kind, and by no percentile. Ctrl-C ends with the table \
      so far.
      """)

  @Argument(help: "The server's address: http://HOST:PORT, or https://HOST/v1.")
  var url: String

  @Option(help: "The model that is asked for. Default: the first that the server lists.")
  var name = ""

  @Option(help: "What is asked for: chat or completions.")
  var api: LoadAPI = .chat

  @Option(help: "Requests a second, as many users together send them: a Poisson process.")
  var rate: Double?

  @Flag(help: "Requests of --rate come evenly instead.")
  var steady = false

  @Option(help: "Clients that each send their next request when an answer has ended. Default: 1 without --rate.")
  var clients: Int?

  @Option(help: "Requests in all.")
  var requests = 100

  @Option(help: "Seconds after which no more requests are sent.")
  var seconds: Double?

  @Option(help: "Length of prompts.")
  var promptTokens = LengthDistribution.fixed(256)

  @Option(help: "Length of answers.")
  var answerTokens = LengthDistribution.fixed(64)

  @Flag(help: "Let an answer end where the model ends it, before its length is reached.")
  var endsEarly = false

  @Option(help: "Tokens that the prompts of a group begin with, before their own.")
  var prefixTokens = 0

  @Option(help: "Groups of prompts with such a beginning; each request is of one of them.")
  var prefixGroups = 1

  @Option(help: "Seconds within which a good answer has its first token.")
  var targetTtft: Double?

  @Option(help: "Seconds that a good answer takes for each further token on average.")
  var targetToken: Double?

  @Option(help: "Seconds within which a good answer has ended.")
  var targetTotal: Double?

  @Option(help: "Seconds after which a request is given up.")
  var timeout = 600.0

  @Option(help: "Seed of arrivals, lengths and prompts.")
  var seed: UInt64 = 1

  @OptionGroup var keys: ServerKeyOptions

  @Flag(help: "Print one JSON object instead of a table.")
  var json = false

  @Flag(help: "Show no progress on stderr.")
  var quiet = false

  func validate() throws {
    func check(_ name: String, _ value: Double?, _ range: ClosedRange<Double>) throws {
      guard let value, !range.contains(value) else { return }
      throw ValidationError("--\(name) must be between \(range.lowerBound) and \(range.upperBound)")
    }
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      guard !range.contains(value) else { return }
      throw ValidationError("--\(name) must be between \(range.lowerBound) and \(range.upperBound)")
    }
    guard rate == nil || clients == nil else {
      throw ValidationError("--rate and --clients say when requests come: pass one of them")
    }
    guard !steady || rate != nil else { throw ValidationError("--steady requires --rate") }
    try check("rate", rate, 0.001...10_000)
    try check("clients", clients ?? 1, 1...10_000)
    try check("requests", requests, 1...1_000_000)
    try check("prefix-tokens", prefixTokens, 0...Limits.maximumContext)
    try check("prefix-groups", prefixGroups, 1...1_000_000)
    try check("seconds", seconds, 0.001...1_000_000)
    try check("timeout", timeout, 0.001...1_000_000)
    for (name, target) in [("ttft", targetTtft), ("token", targetToken), ("total", targetTotal)] {
      try check("target-\(name)", target, 0.000_001...1_000_000)
    }
  }

  func run() async throws {
    let (report, isInterrupted) = try await test().run()
    try StandardOutput.write(report, asJSON: json)
    if isInterrupted { throw CancellationError() }
  }

  private func test() throws -> LoadTest {
    var target = try LoadTarget(url)
    (target.api, target.model, target.ignoresEnd) = (api, name, !endsEarly)
    let arrivals =
      rate.map { steady ? .steady(perSecond: $0) : .poisson(perSecond: $0) } ?? Arrivals.clients(clients ?? 1)
    return LoadTest(
      target: target,
      schedule: LoadSchedule(
        arrivals: arrivals, promptLength: promptTokens, answerLength: answerTokens, prefixGroupCount: prefixGroups,
        prefixTokenCount: prefixTokens, seed: seed, count: requests, lastArrival: seconds.map { .seconds($0) }),
      latencyTarget: LatencyTarget(
        firstToken: targetTtft.map { .seconds($0) }, perToken: targetToken.map { .seconds($0) },
        endToEnd: targetTotal.map { .seconds($0) }),
      key: try keys.key(), secondsAtMost: timeout, isQuiet: quiet)
  }
}
