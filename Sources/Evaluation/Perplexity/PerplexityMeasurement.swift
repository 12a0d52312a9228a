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

  /// - Parameter progress: told the requests done, out of `requestCount`.
  package func rows(through batch: EngineBatch, progress: (Int) -> Void) async throws -> [Row] {
    var rows: [Row] = []
    for value in cases {
      let before = rows.count * windows.ends.count
      let requests = windows.requests(
        windows.ends.indices, over: tokens, length: value.length, policy: value.policy)
      let outcomes = try await batch.outcomes(of: requests) { progress(before + $0) }
      rows.append(
        Row(
          length: value.length, setting: value.setting, policy: value.policy,
          estimate: PerplexityEstimate(logprobs: outcomes.map(\.promptLogprobs))))
    }
    return rows
  }
}
