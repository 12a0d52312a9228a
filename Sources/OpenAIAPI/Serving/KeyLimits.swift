/// What an API key may ask for in a minute; nil does not limit it.
package struct KeyLimits: Hashable, Sendable {
  package var requestsPerMinute: Int?
  /// Of prompts and answers.
  package var tokensPerMinute: Int?

  package init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil) {
    self.requestsPerMinute = requestsPerMinute
    self.tokensPerMinute = tokensPerMinute
  }
}

/// What one key has left of its limits. Both fill evenly, up to a minute's worth. A pure value over instants.
///
/// A request is admitted where there is one left, and any token. What it costs is known later, so that tokens may fall
/// below zero; then the next request waits until they are above it again.
struct KeyAllowance: Sendable {
  typealias Instant = ContinuousClock.Instant

  private let limits: KeyLimits
  private var requests: Double
  private var tokens: Double
  private var filled: Instant

  init(_ limits: KeyLimits, now: Instant) {
    self.limits = limits
    requests = Double(limits.requestsPerMinute ?? 0)
    tokens = Double(limits.tokensPerMinute ?? 0)
    filled = now
  }

  /// Takes a request.
  /// - Returns: nil, or how long to wait and for what; then nothing was taken.
  mutating func admit(now: Instant) -> (wait: Duration, unit: String)? {
    fill(now)
    if let limit = limits.requestsPerMinute, requests < 1 {
      return (.seconds((1 - requests) * 60 / Double(limit)), "requests")
    }
    if let limit = limits.tokensPerMinute, tokens <= 0 {
      return (.seconds((1 - tokens) * 60 / Double(limit)), "tokens")
    }
    requests -= 1
    return nil
  }

  mutating func charge(tokens count: Int) { tokens -= Double(count) }

  private mutating func fill(_ now: Instant) {
    let minutes = max(0, filled.duration(to: now) / .seconds(60))
    filled = max(filled, now)
    func raised(_ value: Double, _ limit: Int?) -> Double {
      limit.map { min(Double($0), value + minutes * Double($0)) } ?? 0
    }
    requests = raised(requests, limits.requestsPerMinute)
    tokens = raised(tokens, limits.tokensPerMinute)
  }
}
