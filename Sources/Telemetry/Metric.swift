/// Every number that Longhaul shows to who watches it: names, meanings, units. Times are seconds, sizes bytes.
///
/// Names follow what boards for other model servers use where the meaning is the same. No label ever holds what a
/// request or a user brings.
package struct Metric: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Only grows, from the process's start.
    case counter
    case gauge
    /// Counts of values up to each bound, and beyond the last.
    case histogram(bounds: [Double])
  }

  package let name: String
  package let kind: Kind
  package let help: String

  private init(_ name: String, _ kind: Kind, _ help: String) {
    (self.name, self.kind, self.help) = ("longhaul_" + name, kind, help)
  }

  // MARK: Requests

  package static let requestsRunning = Metric("requests_running", .gauge, "Requests that hold cache.")
  package static let requestsWaiting = Metric("requests_waiting", .gauge, "Requests in line for cache.")
  package static let requestsSucceeded = Metric(
    "request_success_total", .counter, "Requests that came to their end, by finished_reason.")
  package static let requestsFailed = Metric("request_errors_total", .counter, "Requests that ended with an error.")
  package static let requestsAbandoned = Metric(
    "request_abandoned_total", .counter, "Requests whose client left before the end.")
  package static let promptTokens = Metric("prompt_tokens_total", .counter, "Tokens of prompts of finished requests.")
  package static let generatedTokens = Metric("generation_tokens_total", .counter, "Tokens drawn.")
  package static let timeToFirstToken = Metric(
    "time_to_first_token_seconds", .histogram(bounds: latencies), "From a request's arrival to its first token.")
  package static let interTokenLatency = Metric(
    "inter_token_latency_seconds", .histogram(bounds: latencies), "From a token to the next of the same request.")
  package static let requestLatency = Metric(
    "e2e_request_latency_seconds", .histogram(bounds: latencies), "From a request's arrival to its end.")
  package static let queueTime = Metric(
    "request_queue_time_seconds", .histogram(bounds: latencies), "From a request's arrival to its first step.")
  package static let prefillTime = Metric(
    "request_prefill_time_seconds", .histogram(bounds: latencies), "From a request's first step to its first token.")
  package static let decodeTime = Metric(
    "request_decode_time_seconds", .histogram(bounds: latencies), "From a request's first token to its end.")

  // MARK: Pipeline

  package static let stageCompute = Metric(
    "stage_compute_seconds_total", .counter, "Time of a stage's compute thread in layers and head.")
  package static let stageWait = Metric(
    "stage_wait_seconds_total", .counter,
    "Time of a stage's compute thread without a frame: another stage was slower, or it was on its way.")
  package static let stageTransfer = Metric(
    "stage_transfer_seconds_total", .counter, "Time of a stage's compute thread in reading and making frames.")
  package static let stageSentBytes = Metric(
    "stage_sent_bytes_total", .counter, "Bytes that a stage handed over to the next, or the last to the coordinator.")
  package static let stageRows = Metric("stage_rows_total", .counter, "Tokens that a stage computed.")
  package static let stepsInFlight = Metric(
    "steps_in_flight", .gauge, "Steps that were sent to the first stage and have no result yet.")
  package static let cacheUsage = Metric(
    "kv_cache_usage_ratio", .gauge, "Share of the cache's pages that is held, the same on every stage.")

  // MARK: Cluster

  package static let isReady = Metric("ready", .gauge, "1 while requests are computed, 0 otherwise.")
  package static let workerIsUp = Metric(
    "worker_up", .gauge, "1 for a worker that is there, 0 for one that has layers and is missing.")
  package static let workerLayers = Metric("worker_layers", .gauge, "Layers of a worker; 0 for a spare.")
  package static let plansServed = Metric(
    "plans_served_total", .counter, "Plans that came to serve: the first, and one for each loss, join or drain.")
  package static let replayedTokens = Metric(
    "replayed_tokens_total", .counter, "Tokens that a lost worker's successor was given again from a log.")
  package static let rereadTokens = Metric(
    "reread_tokens_total", .counter, "Tokens that all stages read again after a loss.")
  package static let weightsSentBytes = Metric(
    "weights_sent_bytes_total", .counter, "Bytes of weights that the coordinator gave to workers.")
  package static let buildInfo = Metric("build_info", .gauge, "1, with the program's version and numerics.")

  private static let all = [
    requestsRunning, requestsWaiting, requestsSucceeded, requestsFailed, requestsAbandoned, promptTokens,
    generatedTokens, timeToFirstToken, interTokenLatency, requestLatency, queueTime, prefillTime, decodeTime,
    stageCompute, stageWait, stageTransfer, stageSentBytes, stageRows, stepsInFlight, cacheUsage, isReady, workerIsUp,
    workerLayers, plansServed, replayedTokens, rereadTokens, weightsSentBytes, buildInfo,
  ]
  package static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// From a token of a small model to a long prompt on slow machines.
  package static let latencies = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
  ]
}
