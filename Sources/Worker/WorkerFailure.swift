package import Transport

/// Why a worker ended without being stopped.
package enum WorkerFailure: Error, CustomStringConvertible {
  case coordinatorUnreachable(Endpoint, seconds: Int)
  case coordinatorLost(Endpoint, seconds: Int)
  case refused(String)
  case hung
  case keyRefused(Endpoint, PublicKey)

  package var description: String {
    switch self {
    case .coordinatorUnreachable(let endpoint, let seconds):
      "no coordinator answered at \(endpoint) within \(seconds) s; start it first, or check address and firewall"
    case .coordinatorLost(let endpoint, let seconds):
      "the coordinator at \(endpoint) has been silent for \(seconds) s"
    case .keyRefused(let endpoint, let key):
      "the coordinator at \(endpoint) does not know this worker's key \(key); add it there with longhaul init --allow"
    case .hung: "the compute thread did not return from its step; the worker ends: start it again"
    case .refused(let reason): "the coordinator refused this worker: \(reason)"
    }
  }
}
