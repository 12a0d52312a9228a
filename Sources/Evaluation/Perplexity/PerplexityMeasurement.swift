package import Core

/// The perplexity of one text at several lengths under several policies.
package struct PerplexityMeasurement: Sendable {
  /// One cell of the table.
  package struct Case: Hashable, Sendable {
    package let length: Int
    package let setting: PolicySetting
    package let policy: PositionPolicy
  }

  package struct Row: Hashable, Sendable {
    package let length: Int
    package let setting: PolicySetting
    package let policy: PositionPolicy
    package let estimate: PerplexityEstimate
  }

  package let cases: [Case]
  private let tokens: [TokenID]
  private let windows: SlidingWindows

  /// Chooses the cases. Omits a policy equal to an earlier one at the same length, as the automatic policy is to plain
  /// attention within the trained context, and lengths that a setting does not admit.
  /// - Throws: `PolicyArgumentError`.
  package init(
    tokens: [TokenID], windows: SlidingWindows, lengths: [Int], settings: [PolicySetting], trainedLength: Int
  ) throws {
    (self.tokens, self.windows) = (tokens, windows)
    var cases: [Case] = []
    for length in lengths {
      for setting in settings {
        guard let policy = try setting.policy(length: length, trainedLength: trainedLength) else { continue }
        let isDuplicate = cases.contains { $0.length == length && $0.policy == policy }
        if !isDuplicate { cases.append(Case(length: length, setting: setting, policy: policy)) }
      }
    }
    self.cases = cases
  }

  /// Requests of all cases together.
  package var requestCount: Int { cases.count * windows.ends.count }

  /// - Parameter progress: receives the number of finished requests, of `requestCount`.
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
