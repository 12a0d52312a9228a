package import Inference

/// The perplexity of one text at several lengths under several policies.
package struct PerplexityMeasurement: Sendable {
  /// One cell of the table.
  package struct Case: Hashable, Sendable {
    package let length: Int
    package let setting: PolicySetting
    package let policy: SelfExtendPolicy
  }

  package struct Row: Hashable, Sendable {
    package let length: Int
    package let setting: PolicySetting
    package let policy: SelfExtendPolicy
    package let estimate: PerplexityEstimate
    /// Prefill time of all windows together, queueing left out; windows in flight beside each other slow each other.
    package let prefillSeconds: Double
  }

  package let cases: [Case]
  private let tokens: [TokenID]
  private let windows: SlidingWindows

  /// Chooses what is measured. Where a policy is, for a length, the same as one before it (the automatic one within the
  /// trained length is plain attention), it is left out; so is what no automatic policy admits.
  /// - Throws: `PolicyArgumentError`.
  package init(
    tokens: [TokenID], windows: SlidingWindows, lengths: [Int], settings: [PolicySetting], trainedLength: Int
  ) throws {
    (self.tokens, self.windows) = (tokens, windows)
    var cases: [Case] = []
    for length in lengths {
      for setting in settings {
        do {
          let policy = try PolicyChoice.forLength(length, trainedLength: trainedLength, request: setting.request).policy
          let isThere = cases.contains { $0.length == length && $0.policy == policy }
          if !isThere { cases.append(Case(length: length, setting: setting, policy: policy)) }
        } catch is PolicyRefusal {
          continue
        }
      }
    }
    self.cases = cases
  }

  /// Requests of all cases together: what progress counts.
  package var requestCount: Int { cases.count * windows.ends.count }

  package func requests(of value: Case) -> [GenerationRequest] {
    windows.ends.indices.map { index in
      var request = GenerationRequest(
        prompt: Array(tokens[windows.window(index, length: value.length)]), maximumNewTokens: 0)
      request.policy = PolicyRequest(
        groupSize: value.policy.groupSize, neighborWindow: value.policy.neighborWindow)
      request.scoresPromptFrom = windows.firstScored(length: value.length)
      return request
    }
  }

  /// - Parameter progress: told the requests done, out of `requestCount`.
  package func rows(through batch: EngineBatch, progress: (Int) -> Void) async throws -> [Row] {
    var rows: [Row] = []
    for value in cases {
      let before = rows.count * windows.ends.count
      let outcomes = try await batch.outcomes(of: requests(of: value)) { progress(before + $0) }
      rows.append(
        Row(
          length: value.length, setting: value.setting, policy: value.policy,
          estimate: PerplexityEstimate(logprobs: outcomes.map(\.promptLogprobs)),
          prefillSeconds: outcomes.reduce(0) { $0 + $1.timings.prefillSeconds }))
    }
    return rows
  }
}
