import Core

/// Why a worker may not join. The text is sent to the worker, for its operator.
package enum RegistrationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// Empty, longer than `Membership.maximumNameByteCount`, or with control characters.
  case badName
  /// A living worker has the name.
  case duplicateName(String)
  /// This very process was declared dead; what it held has been given away.
  case declaredDead(String)
  case tooManyWorkers(limit: Int)
  /// The worker's key is another name's.
  case otherName(claimed: String, allowed: String)
  case versionMismatch(worker: String, theirs: String, ours: String)
  case numericsMismatch(worker: String, theirs: String, ours: String)

  package var description: String {
    switch self {
    case .badName:
      "a worker's name must have 1 to \(Membership.maximumNameByteCount) bytes and no control "
        + "characters; set --name"
    case .duplicateName(let name):
      "a living worker is already named \(name); start this one with another --name, or wait until the "
        + "old one is found dead"
    case .declaredDead(let name):
      "worker \(name) was declared dead; restart it, so that it joins as a new one"
    case .tooManyWorkers(let limit): "the cluster has \(limit) workers, which is the limit"
    case .otherName(let claimed, let allowed):
      "this worker's key is that of \(allowed), so it cannot be \(claimed); start it with --name \(allowed)"
    case .versionMismatch(let worker, let theirs, let ours):
      "worker \(worker) speaks protocol \(theirs) and the coordinator \(ours); install the same "
        + "version on both"
    case .numericsMismatch(let worker, let theirs, let ours):
      "worker \(worker) computes by the rules \(theirs) and this cluster by \(ours), so their results "
        + "would differ; install the same version on all"
    }
  }
}

/// What two processes must agree on to work together.
package struct Compatibility: Hashable, Sendable {
  package let protocolVersion: UInt32
  /// Names the rules of arithmetic; workers that differ in it would give different tokens.
  package let numericsID: String
  /// The program's version, for people only.
  package let build: String

  package init(protocolVersion: UInt32, numericsID: String, build: String) {
    self.protocolVersion = protocolVersion
    self.numericsID = numericsID
    self.build = build
  }

  /// Why a worker with `theirs` cannot join a cluster of `self`; nil when it can.
  package func refusal(of theirs: Compatibility, worker: String) -> RegistrationRefusal? {
    if theirs.protocolVersion != protocolVersion {
      return .versionMismatch(
        worker: worker, theirs: "\(theirs.protocolVersion) (build \(theirs.build))",
        ours: "\(protocolVersion) (build \(build))")
    }
    if theirs.numericsID != numericsID {
      return .numericsMismatch(
        worker: worker, theirs: "\(theirs.numericsID) (build \(theirs.build))",
        ours: "\(numericsID) (build \(build))")
    }
    return nil
  }
}
