import Core
import Scheduling

extension SimulatedCoordinator {
  /// What the client of a sequence gets. Returns the rule that it breaks; nil when it is due.
  mutating func note(_ update: SequenceUpdate) -> String? {
    switch update {
    case .prefillProgress: return nil
    case .token(let sequence, let sampled):
      guard let request = requests[sequence], !request.isOver else { return "\(sequence) got a token after its end" }
      let received = request.received + [sampled.token]
      requests[sequence]?.received = received
      guard received == Array(request.expected.prefix(received.count)) else {
        return "\(sequence) received \(received) where \(request.expected) was due"
      }
      return nil
    case .finished(let sequence, _):
      guard let request = requests[sequence], request.received == request.expected else {
        return "\(sequence) ended without all its tokens"
      }
      requests[sequence]?.isOver = true
      return nil
    case .failed(let sequence, let reason): return "\(sequence) failed: \(reason)"
    }
  }
}
