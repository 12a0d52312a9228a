import ArgumentParser
import Cluster
import Core
import Weights

/// `longhaul plan`: the layers of each worker. Reads headers only.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows which layers each worker would hold and their memory, without loading weights.",
    discussion: "Exits with status 3 and the smallest remedy when the model does not fit.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: KVCacheOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Maximum concurrent sequences of the planned context length.")
  var sequences: Int = 1

  @Option(name: .customLong("worker"), help: "A worker as NAME:MEMORY[:SPEED], instead of --workers; may be repeated.")
  var described: [WorkerDescription] = []

  @Flag(help: "Print one JSON object.")
  var json = false

  func validate() throws {
    guard (1...Limits.maximumStepEntryCount).contains(sequences) else {
      throw ValidationError("--sequences must be between 1 and \(Limits.maximumStepEntryCount)")
    }
  }

  func run() throws {
    let checkpoint = try model.open()
    let settings = try policy.settings()
    let configuration = settings.applied(to: try checkpoint.configuration)
    let context = cache.plannedContext(trainedLength: configuration.trainedLength, policy: settings.request)
    let planner = LayerPlanner(
      configuration: configuration, weights: try checkpoint.footprint,
      demand: cache.demand(contextLength: context, sequenceCount: sequences, policy: settings.request))
    let plan = try planner.plan(
      workers: described.isEmpty ? cluster.resources() : described.map { $0.resources(threads: cluster.threadCount) })
    let report = PlanReport(
      model: configuration.name, parameters: PlanReport.Parameters(ParameterCount(configuration)),
      contextLength: context, sequences: sequences,
      stages: plan.stages.map(StageReport.init),
      reasons: plan.reasons)
    try StandardOutput.write(report, asJSON: json)
  }
}
