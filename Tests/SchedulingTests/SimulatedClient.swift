import Core
import Testing

@testable import Scheduling

/// What a user would know.
struct SimulatedClient {
  let request: ScheduledRequest
  /// Tokens to prefill rather than decode: the prompt, after a loss all there were.
  var prefillCount: Int
  var scheduledCount = 0
  var reportedCount = 0
  var emitted: [TokenID] = []
  var isOver = false

  /// A sampled token counts while all drafted tokens before it were sampled.
  func checkAccepted(_ entry: StepCompletion.Entry, _ plan: StepPlan, _ updates: [SequenceUpdate]) {
    guard !isOver, !entry.sampled.isEmpty,
      let planned = plan.entries.first(where: { $0.sequence == entry.sequence })
    else { return }
    let draft = planned.tokens.suffix(entry.sampled.count - 1)
    let right = zip(draft, entry.sampled).prefix { $0 == $1.token }.count
    var due = entry.sampled.prefix(right + 1).map(\.token)
    due = Array(due.prefix { !request.generation.stopTokens.contains($0) })
    due = Array(due.prefix(request.maximumNewTokens - emitted.count))
    let reported = updates.compactMap { update -> TokenID? in
      if case .token(entry.sequence, let sampled) = update { sampled.token } else { nil }
    }
    #expect(reported == due, "\(draft) was drafted, \(entry.sampled.map(\.token)) sampled")
  }
}
