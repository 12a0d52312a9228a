package import Core

/// Why a worker may not join. The worker gets the text, for its operator.
package enum RegistrationRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// Empty, longer than `Membership.maximumNameByteCount`, or with control characters.
  case badName
  /// A living worker has the name.
  case duplicateName(String)
  /// This process was declared dead: its layers have another owner.
  case declaredDead(String)
  case tooManyWorkers(limit: Int)
  /// The worker's key belongs to another name.
  case otherName(claimed: String, allowed: String)
  case versionMismatch(worker: String, theirs: String, ours: String)
  case numericsMismatch(worker: String, theirs: String, ours: String)
  /// Its device cannot store the cluster's KV cache.
  case unsupportedCache(worker: String, device: String, type: KVElementType, supported: [KVElementType])
  /// Its device has not the cluster's arithmetic of attention.
  case unsupportedAttention(worker: String, device: String, attention: AttentionArithmetic)
  /// It would load the model with the scaling of RoPE that its files state.
  case unsupportedRope(worker: String, rope: RopeOverride)

  package var description: String {
    switch self {
    case .badName:
      "a worker's name must have 1 to \(Membership.maximumNameByteCount) bytes and no control "
        + "characters; set --name"
    case .duplicateName(let name):
      "another worker is already named \(name); start this one with another --name, or wait until the "
        + "old one is evicted"
    case .declaredDead(let name):
      "worker \(name) was declared dead; restart it to join again"
    case .tooManyWorkers(let limit): "the cluster already has \(limit) workers, the limit"
    case .otherName(let claimed, let allowed):
      "this worker's key belongs to \(allowed), not to \(claimed); start it with --name \(allowed)"
    case .versionMismatch(let worker, let theirs, let ours):
      "worker \(worker) speaks protocol \(theirs) and the coordinator \(ours); install the same "
        + "version on both"
    case .numericsMismatch(let worker, let theirs, let ours):
      "worker \(worker) computes with numerics \(theirs) and this cluster with \(ours), so results "
        + "would differ; install the same version on all machines"
    case .unsupportedCache(let worker, let device, let type, let supported):
      "the device of worker \(worker), \(device), cannot store a KV cache of type \(type.rawValue), only "
        + "\(supported.isEmpty ? "none" : supported.map(\.rawValue).joined(separator: ", ")); set --kv-type"
    case .unsupportedAttention(let worker, let device, let attention):
      "the device of worker \(worker), \(device), has no \(attention.rawValue) attention; leave --attention out or "
        + "start that worker on another device"
    case .unsupportedRope(let worker, let rope):
      "worker \(worker) cannot replace a model's RoPE scaling, which is to be '\(rope)'; install this version there or "
        + "leave --rope-scaling out"
    }
  }
}

extension StageOffer {
  /// Why the device cannot compute attention so; nil when it can.
  package func refusal(of attention: AttentionArithmetic, worker: String) -> RegistrationRefusal? {
    attentions.contains(attention)
      ? nil : .unsupportedAttention(worker: worker, device: device, attention: attention)
  }

  /// Why the model cannot be loaded there with another scaling of RoPE; nil when it can, or its own is to stay.
  package func refusal(of rope: RopeOverride?, worker: String) -> RegistrationRefusal? {
    guard let rope, !scalesRope else { return nil }
    return .unsupportedRope(worker: worker, rope: rope)
  }

  /// Why the device cannot hold stages with a cache of this type; nil when it can.
  package func refusal(of type: KVElementType, worker: String) -> RegistrationRefusal? {
    guard pageSizes[type] == nil else { return nil }
    return .unsupportedCache(
      worker: worker, device: device, type: type,
      supported: KVElementType.allCases.filter { pageSizes[$0] != nil })
  }
}

/// What two processes must have in common to work together.
package struct Compatibility: Hashable, Sendable {
  package let protocolVersion: UInt32
  /// Names the rules of arithmetic. Workers that differ in it would sample different tokens.
  package let numericsID: String
  /// The program's version, for messages only.
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
