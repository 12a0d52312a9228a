package import Logging
package import Transport

/// Logs that a socket has too many connections: some of the refusals, since there may be many. Any thread.
package struct ConnectionLog: Sendable {
  private let logger: Logger
  private let throttle = LogThrottle()

  package init(_ logger: Logger) { self.logger = logger }

  package func note(_ event: PeerEvent) {
    if event == .turnedAway, throttle.isDue() { logger.warning("too many connections: one was cut") }
  }
}
