import Core

/// Requests that wait for pages, and which of them is next.
///
/// The least priority number comes first. Among equals it is the turn of the tenant that was given least, and of its
/// requests the oldest. What counts is tokens, of prompts and answers, when they are admitted (the virtual token
/// counter of Sheng et al., OSDI 2024): a tenant with one large request at a time gets as much as one with a hundred
/// small ones. A tenant that comes back after a while begins where the others are, so turns are not saved up.
///
/// Sequences that were preempted come before all others of their priority, oldest first: they have had their turn.
///
/// The next request stays next until it is admitted or another comes before it: it is never passed over for being
/// large.
struct WaitingLine: Sendable {
  private(set) var requests: [WaitingRequest] = []
  /// Tokens that each tenant with a key was given.
  private var given: [Int: Int] = [:]

  var isEmpty: Bool { requests.isEmpty }
  var count: Int { requests.count }
  var sequences: [SequenceID] { requests.map(\.request.sequence) }
  /// Prompt tokens of all of them.
  private(set) var tokenCount = 0

  func contains(_ sequence: SequenceID) -> Bool { requests.contains { $0.request.sequence == sequence } }

  mutating func append(_ request: WaitingRequest) {
    let tenant = request.tenant
    if request.preempted == nil, !requests.contains(where: { $0.tenant == tenant }) {
      let least = requests.map { given[$0.tenant] ?? 0 }.min() ?? given.values.max() ?? 0
      given[tenant] = max(given[tenant] ?? 0, least)
    }
    requests.append(request)
    tokenCount += request.request.prompt.count
  }

  var next: WaitingRequest? { nextIndex.map { requests[$0] } }

  mutating func admitNext() {
    guard let index = nextIndex else { return }
    let request = requests[index]
    if request.preempted == nil {
      given[request.tenant, default: 0] += request.request.prompt.count + request.request.maximumNewTokens
    }
    remove(at: index)
  }

  mutating func remove(_ sequence: SequenceID) {
    if let index = requests.firstIndex(where: { $0.request.sequence == sequence }) { remove(at: index) }
  }

  mutating func removeAll() { (requests, tokenCount) = ([], 0) }

  mutating func setPaused(_ isPaused: Bool, _ sequence: SequenceID) {
    for index in requests.indices where requests[index].request.sequence == sequence {
      requests[index].request.startsPaused = isPaused
      requests[index].preempted?.isPaused = isPaused
    }
  }

  /// Takes those out that need more pages than there are.
  mutating func removeAll(beyond pageCount: Int) -> [SequenceID] {
    let lost = requests.filter { $0.needs.total > pageCount }.map(\.request.sequence)
    for sequence in lost { remove(sequence) }
    return lost
  }

  private mutating func remove(at index: Int) {
    tokenCount -= requests.remove(at: index).request.prompt.count
  }

  /// Of equals the first.
  private var nextIndex: Int? {
    requests.indices.min { left, right in
      func rank(_ index: Int) -> (Int, Int, Int, Int) {
        let request = requests[index]
        if let old = request.preempted { return (request.request.generation.priority, 0, Int(old.id.rawValue), 0) }
        return (request.request.generation.priority, 1, given[request.tenant] ?? 0, index)
      }
      return rank(left) < rank(right)
    }
  }

  /// How long the oldest request has waited, of those that have not run; nil when there is none.
  func longestWait(now: Duration) -> Duration? { requests.first { $0.preempted == nil }.map { now - $0.since } }
}

/// A request in the waiting line.
struct WaitingRequest: Sendable {
  var request: ScheduledRequest
  let needs: PageNeeds
  let since: Duration
  /// What it had become when its pages were given to another; nil for one that never ran.
  var preempted: ActiveSequence?

  /// Tokens that are known of it.
  var tokens: [TokenID] { preempted?.tokens ?? request.prompt }
  var shareableTokenCount: Int { preempted?.shareableTokenCount ?? request.shareableTokenCount }
  fileprivate var tenant: Int { request.generation.tenant.key }
}
