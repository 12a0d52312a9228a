import NIOCore

/// What one client's connections may take, in any version of HTTP.
struct ConnectionLimits: Sendable {
  /// The open connections, with their number.
  let connections: OpenConnections
  /// For a client that stops reading.
  let writeTimeout: TimeAmount
  /// For a connection without a request, and a request that does not go on.
  let idleTimeout: TimeAmount
  let maximumBodyByteCount: Int
}
