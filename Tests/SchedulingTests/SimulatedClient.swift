import Core

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
}
