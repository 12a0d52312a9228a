package import Inference

/// How the API is served. Read once at start.
package struct APISettings: Sendable {
  package var host = "127.0.0.1"
  /// 0 takes any free port.
  package var port = 8080
  /// Keys that open everything but `/health`; empty asks for none.
  package var apiKeys: [String] = []
  /// `Access-Control-Allow-Origin`; nil sends no CORS headers.
  package var allowedOrigin: String? = "*"
  /// Used for the fields a request leaves out. Its seed is not used: without one, each request draws its own.
  package var sampling = SamplingParameters()
  /// Used where a request has no `group_size` and no `neighbor_window`; to be the cluster's own default.
  package var policy = PolicyRequest()
  /// Used where a request says nothing of new tokens; nil lets it run to the trained length or, where
  /// the prompt leaves no room there, to the context's end.
  package var maximumNewTokens: Int?
  package var maximumBodyByteCount = 32 << 20
  /// How long a stream is silent at most: then a comment keeps it open.
  package var longestSilence: Duration = .seconds(15)
  /// Open at once, at most: whoever has waited longest without a whole request goes for a newcomer.
  package var maximumConnectionCount = 1000
  /// A connection over which no request is coming is closed after that.
  package var idleTimeout: Duration = .seconds(75)
  /// So is one whose client takes nothing of what waits for it.
  package var stallTimeout: Duration = .seconds(30)
  /// What `/metrics` answers, in Prometheus' text format; nil: there is no such path.
  package var metrics: (@Sendable () -> String)?

  package init() {}
}
