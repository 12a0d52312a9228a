import Cluster
import Core
import Foundation

/// What a plan should do under its workload.
struct ForecastReport: Encodable {
  /// In pipeline order.
  let stages: [Stage]
  /// Between stages, as far as they are known.
  let links: [Link]
  /// The worker that is slowest while prompts are read, or the link that is slower than any worker.
  let limitsPrefill: String
  /// The worker that is slowest while answers are made, or the link that is slower than any worker.
  let limitsDecode: String
  /// Of a prompt alone.
  let firstTokenSeconds: Double
  let prefillTokensPerSecond: Double
  /// Of all sequences together.
  let decodeTokensPerSecond: Double
  /// The single change that helps most; absent where none that was tried saves 2 %.
  let change: Change?
  /// How many sequences of other lengths these workers hold.
  let room: [Room]

  init(_ forecast: PlanForecast) {
    stages = forecast.stages.map(Stage.init)
    links = forecast.links.map(Link.init)
    limitsPrefill = forecast.limitsPrefill
    limitsDecode = forecast.limitsDecode
    firstTokenSeconds = forecast.firstTokenSeconds
    prefillTokensPerSecond = forecast.prefillTokensPerSecond
    decodeTokensPerSecond = forecast.decodeTokensPerSecond
    change = forecast.change.map { Change(text: $0.kind.description, gain: $0.gain) }
    room = forecast.room.map { Room(contextLength: $0.contextLength, sequences: $0.sequenceCount) }
  }

  struct Stage: Encodable {
    let worker: String
    /// Measured or stated; absent where the worker's threads are counted.
    let speed: SpeedReport?
    /// All that the worker's process takes.
    let memoryBytes: Int
    let freeBytes: Int
    /// A prompt of the workload in this stage.
    let prefillSeconds: Double
    /// A step of single tokens in this stage.
    let decodeSeconds: Double
    /// The stage's time as a share of the slowest stage's.
    let prefillLoad: Double
    let decodeLoad: Double

    init(_ stage: PlanForecast.Stage) {
      worker = stage.placement.worker
      speed = stage.speed.map(SpeedReport.init)
      (memoryBytes, freeBytes) = (stage.memoryByteCount, stage.freeByteCount)
      (prefillSeconds, decodeSeconds) = (stage.prefillSeconds, stage.decodeSeconds)
      (prefillLoad, decodeLoad) = (stage.prefillLoad, stage.decodeLoad)
    }
  }

  /// A link between two stages.
  struct Link: Encodable {
    let from: String
    let to: String
    /// Absent where it is unknown.
    let megabitsPerSecond: Double?
    /// Absent where it is unknown.
    let roundTripMilliseconds: Double?
    /// While a chunk of a prompt occupies it.
    let prefillSeconds: Double
    /// While a step of single tokens occupies it.
    let decodeSeconds: Double

    init(_ link: PlanForecast.Link) {
      (from, to) = (link.from, link.to)
      megabitsPerSecond = link.link.bytesPerSecond < .infinity ? link.link.bytesPerSecond * 8 / 1e6 : nil
      roundTripMilliseconds = link.link.roundTripSeconds > 0 ? link.link.roundTripSeconds * 1000 : nil
      (prefillSeconds, decodeSeconds) = (link.prefillSeconds, link.decodeSeconds)
    }
  }

  struct Change: Encodable {
    let text: String
    /// The share of the workload's time that it saves.
    let gain: Double
  }

  struct Room: Encodable {
    let contextLength: Int
    /// At most as many as a step carries.
    let sequences: Int
  }

  var lines: [String] {
    let room = self.room.map { "\($0.sequences) x \($0.contextLength)" }.joined(separator: ", ")
    return [
      String(
        format: "predicted: prefill %.0f tokens/s, first token after %.2f s, decode %.1f tokens/s; %@ limits prefill, "
          + "%@ decode", prefillTokensPerSecond, firstTokenSeconds, decodeTokensPerSecond, limitsPrefill, limitsDecode),
      "room, layers placed for each: \(room) tokens",
      change.map {
        String(format: "what would help most: %@, %.0f %% less time for the workload", $0.text, $0.gain * 100)
      } ?? "no single change that was tried saves 2 % of the workload's time",
    ]
  }
}
