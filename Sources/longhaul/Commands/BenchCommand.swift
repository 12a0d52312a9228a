import ArgumentParser
import Cluster
import Foundation
import Core
import Evaluation
import Tensors
import Weights

/// `longhaul bench`: the speed of a model on local clusters, beside the limits of the machine.
struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures prefill and decode speed on a local cluster, beside the machine's limits.",
    discussion: """
      Lists are separated by commas; each combination of --workers, --threads, --kv-type and --attention runs on its \
      own cluster. Rates are tokens per second of all sequences together: the median of --repeats samples. The \
      limits (memory bandwidth with huge pages, f32 and int8 arithmetic in registers) are measured in the same \
      minute with as many threads as all workers have together.
      """)

  @OptionGroup var model: ModelOptions
  @OptionGroup var random: RandomModelOptions

  @Option(help: "Prompt lengths to prefill; 0 skips prefill.")
  var prompt = NumberList([512])

  @Option(help: "Tokens already in the KV cache.")
  var depth = NumberList([0])

  @Option(help: "Sequences that decode in one batch; 0 skips decode.")
  var batch = NumberList([1])

  @Option(help: "Tokens decoded per sequence in a sample.")
  var tokens = 32

  @Option(help: "Samples per measurement.")
  var repeats = 3

  @Option(help: "Worker processes.")
  var workers = NumberList([1])

  @Option(help: "Compute threads per worker. Default: the machine's cores divided among the workers.")
  var threads: NumberList?

  @Option(help: "Memory per worker, for example 6GiB. Default: the free memory divided among the workers.")
  var memory: ByteSize?

  @Option(help: "Element types of the KV cache, separated by commas.")
  var kvType = "i16"

  @Option(help: "Arithmetic of attention, exact or fast, or both separated by commas.")
  var attention = "exact"

  @Option(help: "Prefill chunk size in tokens. Default: the scheduler chooses.")
  var chunk: Int?

  @Option(
    name: .customLong("policy"),
    help: """
      Policies as other commands take them, separated by commas: measured in turns and compared with the first.
      """,
    transform: PolicySettingList.parse)
  var policies: PolicySettingList?

  @Option(
    help: """
      SelfExtend group size G: positions per grouped position. 1 is plain attention. Several are measured in turns \
      and compared with the first. Default: automatic.
      """)
  var groupSize: NumberList?

  @OptionGroup var window: WindowOptions

  @Flag(help: "Print one JSON object instead of tables.")
  var json = false

  @Flag(help: "Show no progress on stderr.")
  var quiet = false

  func validate() throws {
    func check(_ name: String, _ list: NumberList, _ range: ClosedRange<Int>) throws {
      for value in list.values where !range.contains(value) {
        throw ValidationError("--\(name) must be between \(range.lowerBound) and \(range.upperBound)")
      }
    }
    if random.random != nil, model.model != nil { throw ValidationError("pass a model or --random, not both") }
    try check("prompt", prompt, 0...Limits.maximumContext)
    try check("depth", depth, 0...Limits.maximumContext)
    try check("batch", batch, 0...Limits.maximumStepEntryCount)
    try check("tokens", NumberList([tokens]), 1...100_000)
    try check("repeats", NumberList([repeats]), 1...1000)
    try check("workers", workers, 1...Limits.maximumWorkerCount)
    if let threads { try check("threads", threads, 1...256) }
    guard policies == nil || (groupSize == nil && window.neighborWindow == nil) else {
      throw ValidationError("give --group-size and --neighbor-window, or --policy, not both")
    }
    if let groupSize { try check("group-size", groupSize, 1...Limits.maximumContext) }
    if let chunk { try check("chunk", NumberList([chunk]), 1...Limits.maximumStepTokenCount / 2) }
    guard kvTypes.count == kvType.split(separator: ",").count, !kvTypes.isEmpty else {
      throw ValidationError(
        "--kv-type must be among \(KVElementType.allCases.map(\.rawValue).joined(separator: ", ")), separated by commas"
      )
    }
    guard attentions.count == attention.split(separator: ",").count, !attentions.isEmpty else {
      throw ValidationError("--attention must be exact, fast, or both separated by commas")
    }
  }

  func run() async throws {
    let file = try randomFile()
    defer { file?.remove() }
    let path = try file?.path ?? model.path()
    let checkpoint = try Checkpoint(path: path, rope: window.settings(groupSize: nil).rope)
    let bench = Bench(
      checkpoint: checkpoint, path: path, policies: try requests(), chunkTokenCount: chunk, seed: random.seed,
      memory: memory, isQuiet: quiet)
    if !json { try StandardOutput.write(BenchTable.heading(try bench.report(settings: []))) }
    var settings: [BenchReport.Setting] = []
    for setting in self.settings {
      let measured = try await bench.measure(setting)
      if !json { try StandardOutput.write(BenchTable.lines(measured)) }
      settings.append(measured)
    }
    if json { try StandardOutput.json(try bench.report(settings: settings)) }
  }

  private func requests() throws -> [PolicyRequest] {
    if let policies { return policies.values.map(\.request) }
    guard let groupSize else { return [try window.settings(groupSize: nil).request] }
    return try groupSize.values.map { try window.settings(groupSize: $0).request }
  }

  private func randomFile() throws -> RandomModelFile? {
    guard let shape = random.shape, let types = random.types else { return nil }
    return try RandomModelFile.write(
      shape: shape, types: types, seed: random.seed, keptAt: random.keep, isQuiet: quiet)
  }

  private var kvTypes: [KVElementType] {
    kvType.split(separator: ",").compactMap { KVElementType(rawValue: String($0)) }
  }

  private var attentions: [AttentionArithmetic] {
    attention.split(separator: ",").compactMap { AttentionArithmetic(rawValue: String($0)) }
  }

  /// One cluster per batch size, because a cluster's memory is that of its largest batch at its longest context.
  private var settings: [BenchSetting] {
    var settings: [BenchSetting] = []
    for workerCount in workers.values {
      for threadCount in threads?.values ?? [max(1, Host.coreCount / workerCount)] {
        for (type, attention) in caches {
          for cases in casesByBatch where !cases.isEmpty {
            settings.append(
              BenchSetting(
                workerCount: workerCount, threadCount: threadCount, kvType: type, attention: attention, cases: cases,
                policyCount: policies?.values.count ?? groupSize?.values.count ?? 1))
          }
        }
      }
    }
    return settings
  }

  private var caches: [(KVElementType, AttentionArithmetic)] {
    kvTypes.flatMap { type in attentions.map { (type, $0) } }
  }

  private var casesByBatch: [[BenchCase]] {
    let prefills = prompt.values.filter { $0 > 0 }.flatMap { count in
      depth.values.map { BenchCase(kind: .prefill(tokenCount: count), depth: $0, repeatCount: repeats) }
    }
    let decodes = batch.values.filter { $0 > 0 }.map { batch in
      depth.values.map {
        BenchCase(kind: .decode(tokenCount: tokens, batch: batch), depth: $0, repeatCount: repeats)
      }
    }
    // Prefill runs one prompt at a time, so it shares a cluster with the decode of one sequence.
    guard let single = decodes.first, single.allSatisfy({ $0.batch == 1 }) else { return [prefills] + decodes }
    return [prefills + single] + decodes.dropFirst()
  }
}
