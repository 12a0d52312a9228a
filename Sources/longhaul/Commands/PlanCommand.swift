import ArgumentParser
import Cluster
import Core
import Weights

/// `longhaul plan`: the layers of each worker, and what they should do. Reads headers only.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows which layers each worker would hold, their memory and speed, without loading weights.",
    discussion: """
      Predictions take a worker without a measured or given speed for as many threads of the machine that the program \
      was tuned on. What a worker measured here before counts for --workers. Exits with status 3 and the smallest \
      remedy when the model does not fit.
      """)

  @OptionGroup var model: ModelOptions

  @Option(
    help: ArgumentHelp(
      "The shape of a known model instead of a file: " + ModelShape.known.map(\.name).joined(separator: ", ") + ".",
      valueName: "shape"))
  var random: String?

  @Option(help: "Element type of the weights of --random, for example Q4_0, F16, or the mix Q4_K_M.")
  var type = "Q4_0"

  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: KVCacheOptions
  @OptionGroup var workload: WorkloadOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Maximum concurrent sequences of the planned context length. Default: the workload's, or 1.")
  var sequences: Int?

  @Flag(help: "Measure this machine's speed for --workers, unless it was measured before; takes a few seconds.")
  var measure = false

  @Option(
    name: .customLong("worker"),
    help: """
      A worker as NAME:MEMORY[:SPEED], instead of --workers; may be repeated. SPEED is relative to one thread of the \
      machine that the program was tuned on.
      """)
  var described: [WorkerDescription] = []

  @Option(
    help: """
      A YAML list of machines that need not exist, instead of --workers: each with name, memory, bandwidth (GB/s), \
      gflops (of 32-bit floats), count where there are several, and network (Mbit/s) and round_trip (ms) where its \
      link to others is known. An entry of between: [NAME, NAME] with these states one link.
      """)
  var whatIf: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    if let sequences, !(1...Limits.maximumStepEntryCount).contains(sequences) {
      throw ValidationError("--sequences must be between 1 and \(Limits.maximumStepEntryCount)")
    }
    try workload.check(context: cache.context, sequences: sequences)
    if whatIf != nil, !described.isEmpty { throw ValidationError("pass --worker or --what-if, not both") }
    guard let random else { return }
    if model.model != nil { throw ValidationError("pass a model or --random, not both") }
    guard ModelShape.named(random) != nil else {
      throw ValidationError(
        "--random '\(random)' is unknown; known shapes: " + ModelShape.known.map(\.name).joined(separator: ", "))
    }
    guard RandomTypes(type) != nil else {
      throw ValidationError("--type '\(type)' is unknown; known types: " + RandomTypes.names.joined(separator: ", "))
    }
  }

  func run() async throws {
    let outline = try outline()
    defer { outline?.remove() }
    let settings = try policy.settings()
    let checkpoint =
      try outline.map { try Checkpoint(path: $0.path, rope: settings.rope) } ?? model.open(rope: settings.rope)
    let configuration = settings.applied(to: try checkpoint.configuration)
    let cache = workload.completing(cache)
    let context = cache.plannedContext(trainedLength: configuration.trainedLength, policy: settings.request)
    var planner = LayerPlanner(
      configuration: configuration, weights: try checkpoint.footprint,
      demand: cache.demand(
        contextLength: context, sequenceCount: workload.completing(sequences) ?? 1, policy: settings.request,
        workload: workload.workload))
    let fleet = try whatIf.map { try FleetFile(path: $0) }
    planner.links = fleet?.workerLinks() ?? WorkerLinks()
    let workers = try await resources(fleet)
    let longest = max(
      context, cache.longestContext(trainedLength: configuration.trainedLength, policy: settings.request))
    let report = PlanReport(
      planner: planner, plan: try planner.plan(workers: workers),
      forecast: try planner.forecast(workers: workers, lengths: Self.lengths(context: context, longest: longest)))
    try StandardOutput.write(report, asJSON: json)
  }

  private func resources(_ fleet: FleetFile?) async throws -> [WorkerResources] {
    if let fleet { return fleet.resources() }
    guard described.isEmpty else { return described.map { $0.resources(threads: cluster.threadCount) } }
    func speed(worker: Int, of count: Int, threads: Int) async throws -> StageSpeed? {
      await HostSpeed.search(
        threadCount: threads,
        placement: try cluster.placement.placement(worker: worker, of: count, threadCount: threads),
        measures: measure)
    }
    var alone: [StageSpeed?] = []
    for worker in 0..<cluster.workers {
      alone.append(try await speed(worker: worker, of: cluster.workers, threads: cluster.threadCount))
    }
    let together =
      cluster.workers == 1 ? nil : try await speed(worker: 0, of: 1, threads: cluster.busyThreadCount)
    return cluster.resources(alone: alone, together: together)
  }

  /// A model of a known shape without weights.
  private func outline() throws -> RandomModelFile? {
    guard let shape = random.flatMap(ModelShape.named), let types = RandomTypes(type) else { return nil }
    return try RandomModelFile.outline(shape: shape, types: types)
  }

  /// Lengths whose room is shown: the planned one, and others that the policy admits.
  static func lengths(context: Int, longest: Int) -> [Int] {
    let others = sequence(first: 512) { $0 * 4 }.prefix { $0 <= min(longest, Limits.maximumContext) }
    return Set(others + [context]).sorted()
  }
}
