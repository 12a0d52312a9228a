/// All metrics of Longhaul: names, meanings and units. Times are in seconds, sizes in bytes.
///
/// Names follow dashboards of other model servers where the meaning is the same. Labels never contain data of a request
/// or user.
package struct Metric: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Only increases, from the start of the process.
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

  package static let requestsRunning = Metric(
    "requests_running", .gauge, "Running requests, with pages in the KV cache.")
  package static let requestsWaiting = Metric("requests_waiting", .gauge, "Requests waiting for pages in the KV cache.")
  package static let requestsSucceeded = Metric(
    "request_success_total", .counter, "Finished requests, by finished_reason.")
  package static let requestsFailed = Metric("request_errors_total", .counter, "Failed requests.")
  package static let requestsAbandoned = Metric(
    "request_abandoned_total", .counter, "Requests whose client disconnected before the end.")
  package static let promptTokens = Metric("prompt_tokens_total", .counter, "Prompt tokens of finished requests.")
  package static let promptTokensComputed = Metric(
    "prompt_tokens_computed_total", .counter, "Prompt tokens of finished requests that were computed for them.")
  package static let promptTokensCached = Metric(
    "prompt_tokens_cached_total", .counter, "Prompt tokens of finished requests that the prefix cache had.")
  package static let longestSequence = Metric(
    "longest_sequence_tokens", .gauge, "Tokens of the longest finished request, prompt and answer.")
  package static let generatedTokens = Metric("generation_tokens_total", .counter, "Sampled tokens.")
  package static let drafts = Metric("speculation_drafts_total", .counter, "Guesses of one or more tokens.")
  package static let draftedTokens = Metric(
    "speculation_drafted_tokens_total", .counter, "Guessed tokens that were verified.")
  package static let acceptedTokens = Metric(
    "speculation_accepted_tokens_total", .counter, "Guessed tokens that were sampled.")
  package static let timeToFirstToken = Metric(
    "time_to_first_token_seconds", .histogram(bounds: latencies), "Time from arrival of a request to its first token.")
  package static let interTokenLatency = Metric(
    "inter_token_latency_seconds", .histogram(bounds: latencies), "Time between consecutive tokens of a request.")
  package static let requestLatency = Metric(
    "e2e_request_latency_seconds", .histogram(bounds: latencies), "Time from arrival of a request to its end.")
  package static let queueTime = Metric(
    "request_queue_time_seconds", .histogram(bounds: latencies), "Time from arrival of a request to its first step.")
  package static let prefillTime = Metric(
    "request_prefill_time_seconds", .histogram(bounds: latencies),
    "Time from the first step of a request to its first token.")
  package static let decodeTime = Metric(
    "request_decode_time_seconds", .histogram(bounds: latencies), "Time from the first token of a request to its end.")

  // MARK: Pipeline

  package static let stageCompute = Metric(
    "stage_compute_seconds_total", .counter, "Time of a stage's compute thread in layers and output head.")
  package static let stageWait = Metric(
    "stage_wait_seconds_total", .counter,
    "Idle time of a stage's compute thread: another stage was slower, or a frame was in transit.")
  package static let stageTransfer = Metric(
    "stage_transfer_seconds_total", .counter, "Time of a stage's compute thread in decoding and encoding frames.")
  package static let stageSentBytes = Metric(
    "stage_sent_bytes_total", .counter,
    "Bytes that a stage sent to the next stage, or the last stage to the coordinator.")
  package static let stageRows = Metric("stage_rows_total", .counter, "Tokens computed by a stage.")
  package static let steps = Metric("steps_total", .counter, "Steps that all stages have computed.")
  package static let stepSequences = Metric(
    "step_sequences_total", .counter, "Sequences of these steps, each counted in every step it was in.")
  package static let stepsInFlight = Metric(
    "steps_in_flight", .gauge, "Steps sent to the first stage without a result yet.")
  package static let cacheUsage = Metric(
    "kv_cache_usage_ratio", .gauge,
    "Share of pages in the KV cache that running requests hold, the same on every stage.")
  package static let preemptions = Metric(
    "preemptions_total", .counter,
    "Times that a running request's pages in the KV cache were given to another, so that it is computed again.")

  // MARK: Prefix cache

  package static let prefixQueries = Metric(
    "prefix_cache_queries_total", .counter, "Prompt tokens looked up in the prefix cache.")
  package static let prefixHits = Metric(
    "prefix_cache_hits_total", .counter, "Prompt tokens found in the prefix cache, and not computed.")
  package static let prefixHitRequests = Metric(
    "prefix_cache_hit_requests_total", .counter, "Requests whose prompt began with what the prefix cache had.")
  package static let prefixPages = Metric(
    "prefix_cache_pages", .gauge,
    "Pages in the KV cache that only the prefix cache holds; requests that need them get them.")
  package static let prefixEvictions = Metric(
    "prefix_cache_evicted_pages_total", .counter, "Pages that the prefix cache gave up for requests that needed them.")

  // MARK: Cluster

  package static let isReady = Metric("ready", .gauge, "1 while the cluster computes requests, 0 otherwise.")
  package static let workerIsUp = Metric(
    "worker_up", .gauge, "1 for a connected worker, 0 for a missing one with layers.")
  package static let workerLayers = Metric("worker_layers", .gauge, "Layers of a worker; 0 for a standby.")
  package static let plansServed = Metric(
    "plans_served_total", .counter, "Plans put into service: the first, and one for each loss, join or drain.")
  package static let replayedTokens = Metric(
    "replayed_tokens_total", .counter, "Tokens replayed from a log to the successor of a lost worker.")
  package static let rereadTokens = Metric(
    "reread_tokens_total", .counter, "Tokens that all stages recomputed after a loss.")
  package static let weightsSentBytes = Metric(
    "weights_sent_bytes_total", .counter, "Bytes of weights that the coordinator sent to workers.")
  // MARK: A worker's own

  package static let workerIsReady = Metric(
    "worker_ready", .gauge, "1 while a worker holds the layers it was assigned, or is a standby; 0 otherwise.")
  package static let loadedShare = Metric(
    "worker_load_ratio", .gauge, "Share of a worker's layers that is loaded.")
  package static let weightBytes = Metric("worker_weight_bytes", .gauge, "Bytes of weights that a worker holds.")
  package static let cacheBytes = Metric("worker_kv_cache_bytes", .gauge, "Bytes of a worker's KV cache at full use.")
  package static let residentBytes = Metric(
    "worker_resident_memory_bytes", .gauge, "Memory of a worker's process that is not swapped out.")
  package static let majorFaults = Metric(
    "worker_major_page_faults", .gauge, "Times a worker waited for the disk to read memory, since its start.")

  package static let buildInfo = Metric("build_info", .gauge, "1, with the program's version and numerics.")

  private static let all = [
    requestsRunning, requestsWaiting, requestsSucceeded, requestsFailed, requestsAbandoned, promptTokens,
    promptTokensComputed, promptTokensCached, longestSequence, generatedTokens, drafts, draftedTokens, acceptedTokens,
    timeToFirstToken, interTokenLatency, requestLatency, queueTime, prefillTime, decodeTime, stageCompute, stageWait,
    stageTransfer, stageSentBytes, stageRows, steps, stepSequences, stepsInFlight, cacheUsage, prefixQueries,
    prefixHits, prefixHitRequests, prefixPages, prefixEvictions, isReady, workerIsUp, workerLayers, plansServed,
    replayedTokens, rereadTokens, weightsSentBytes, buildInfo, workerIsReady, loadedShare, weightBytes, cacheBytes,
    residentBytes, majorFaults,
  ]
  package static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

  /// From a token of a small model to a long prompt on slow machines.
  package static let latencies = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
  ]
}
