import ArgumentParser
import Cluster
import Inference
import Weights

/// `longhaul plan`: which layers would go where. Reads headers only.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows which layers each worker would hold and what that takes, without loading anything.",
    discussion: "Ends with status 3 and the smallest remedy when the model does not fit.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: CacheOptions
  @OptionGroup var policy: PolicyOptions

  @Option(help: "Sequences of the planned context held at once.")
  var sequences: Int = 1

  @Option(name: .customLong("worker"), help: "A worker as NAME:MEMORY[:SPEED], once for each; instead of --workers.")
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
      model: configuration.name, contextLength: context, stages: plan.stages.map(StageReport.init),
      reasons: plan.reasons)
    if json { return try StandardOutput.json(report) }
    try StandardOutput.write("\(report.model), context \(context) tokens x \(sequences)\n")
    for stage in report.stages { try StandardOutput.write(stage.line + "\n") }
    for reason in report.reasons { try StandardOutput.write("- \(reason)\n") }
  }
}

/// A worker of a plan that is only thought about.
struct WorkerDescription: ExpressibleByArgument {
  let name: String
  let memory: ByteSize
  let speed: Double?

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), !parts[0].isEmpty, let memory = ByteSize(argument: parts[1])
    else { return nil }
    name = parts[0]
    self.memory = memory
    guard parts.count == 3 else {
      speed = nil
      return
    }
    guard let value = Double(parts[2]), value.isFinite, value > 0 else { return nil }
    speed = value
  }

  func resources(threads: Int) -> WorkerResources {
    WorkerResources(
      name: name, memoryByteCount: memory.byteCount, threadCount: threads, relativeSpeed: speed ?? 1)
  }
}
