import Core

/// The cluster at one moment: the body of `/cluster`. Names of fields are part of the API (`deploy/api.md`). No prompt
/// and no answer is in it. Seconds are since the engine's start, unless a name says otherwise.
package struct ClusterStatus: Encodable, Sendable {
  let now: Double
  let build: String
  let model: Model
  let phase: Phase
  let plan: Plan?
  let workers: [Worker]
  let cache: Cache?
  let requests: Requests
  let totals: Totals
  let events: [Event]
  /// Completed steps, if asked for.
  let steps: [Step]?

  struct Model: Encodable, Sendable {
    let id: String
    let architecture: String
    let layers: Int
    let trainedLength: Int
    let contextLength: Int

    private enum CodingKeys: String, CodingKey {
      case id, architecture, layers
      case trainedLength = "trained_length"
      case contextLength = "context_length"
    }
  }

  struct Phase: Encodable, Sendable {
    /// `gathering`, `assigning`, `loading`, `serving`, `recovering` or `failed`.
    let name: String
    let reason: String?
  }

  /// The plan that is rolled out or serves.
  struct Plan: Encodable, Sendable {
    let epoch: UInt32
    let reasons: [String]
    let stages: [Stage]
  }

  struct Stage: Encodable, Sendable {
    let worker: String
    let firstLayer: Int
    let layerCount: Int
    let hasEmbedding: Bool
    let hasHead: Bool
    let weightBytes: Int
    /// For all pages of its layers.
    let cacheBytes: Int
    /// Share of its weights that is in memory.
    let loaded: Double
    /// To the next stage's worker; nil where it was not measured, and for the last stage.
    let link: Link?

    private enum CodingKeys: String, CodingKey {
      case worker, loaded, link
      case firstLayer = "first_layer"
      case layerCount = "layer_count"
      case hasEmbedding = "has_embedding"
      case hasHead = "has_head"
      case weightBytes = "weight_bytes"
      case cacheBytes = "kv_bytes"
    }
  }

  /// What the network between two workers carries, either way.
  struct Link: Encodable, Sendable {
    let megabitsPerSecond: Double
    let roundTripMilliseconds: Double

    private enum CodingKeys: String, CodingKey {
      case megabitsPerSecond = "megabits_per_second"
      case roundTripMilliseconds = "round_trip_milliseconds"
    }
  }

  struct Worker: Encodable, Sendable {
    let name: String
    /// `alive`, `suspect`, `draining` or `dead`.
    let state: String
    /// Place in the pipeline; nil for a standby.
    let stage: Int?
    /// Since its last sign of life.
    let silence: Double
    /// Nil for one that is not registered any more, as the next three.
    let device: String?
    let memoryBytes: Int?
    let threads: Int?
    /// Nil where nothing measured or stated it: then threads are counted.
    let speed: Speed?

    private enum CodingKeys: String, CodingKey {
      case name, state, stage, device, threads, speed
      case silence = "silence_seconds"
      case memoryBytes = "memory_bytes"
    }
  }

  /// In threads of the machine that the program was tuned on.
  struct Speed: Encodable, Sendable {
    let prefill: Double
    let decode: Double
  }

  /// KV pages, which have the same numbers on every worker.
  struct Cache: Encodable, Sendable {
    let pages: Int
    let usedPages: Int
    let pageTokens: Int
    /// How often a request's pages were given to another since the start.
    let preemptions: Int

    private enum CodingKeys: String, CodingKey {
      case pages, preemptions
      case usedPages = "used_pages"
      case pageTokens = "page_tokens"
    }
  }

  struct Requests: Encodable, Sendable {
    let running: Int
    let waiting: Int
    let stepsInFlight: Int
    let sequences: [Sequence]

    private enum CodingKeys: String, CodingKey {
      case running, waiting, sequences
      case stepsInFlight = "steps_in_flight"
    }
  }

  struct Sequence: Encodable, Sendable {
    let id: UInt64
    /// `waiting`, `prefill`, `decode`, or `preempted`: waiting again.
    let phase: String
    let promptTokens: Int
    let computedTokens: Int
    let generatedTokens: Int
    let pages: Int
    /// Of the policy, and numbers that it has.
    let method: String
    let groupSize: Int?
    let neighborWindow: Int?
    let farStart: Int?

    private enum CodingKeys: String, CodingKey {
      case id, phase, pages, method
      case promptTokens = "prompt_tokens"
      case computedTokens = "computed_tokens"
      case generatedTokens = "generated_tokens"
      case groupSize = "group_size"
      case neighborWindow = "neighbor_window"
      case farStart = "far_start"
    }
  }

  struct Totals: Encodable, Sendable {
    let steps: UInt64
    let prefillTokens: Int
    let generatedTokens: Int
    /// Computed again after losses: by the stages that had lost them, and by all stages.
    let replayedTokens: Int
    let rereadTokens: Int

    private enum CodingKeys: String, CodingKey {
      case steps
      case prefillTokens = "prefill_tokens"
      case generatedTokens = "generated_tokens"
      case replayedTokens = "replayed_tokens"
      case rereadTokens = "reread_tokens"
    }
  }

  struct Event: Encodable, Sendable {
    let time: Double
    let kind: String
    let text: String
  }

  /// A step that all stages have computed.
  struct Step: Encodable, Sendable {
    let number: UInt64
    let sent: Double
    let completed: Double
    let prefillTokens: Int
    let decodeTokens: Int
    /// Of every stage, in order: microseconds that it waited for the step, handled frames, and computed.
    let stages: [[Int]]

    private enum CodingKeys: String, CodingKey {
      case number, sent, completed, stages
      case prefillTokens = "prefill_tokens"
      case decodeTokens = "decode_tokens"
    }
  }
}
