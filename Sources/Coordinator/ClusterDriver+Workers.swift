import Cluster
import Core
import Logging
import Synchronization
import Transport
import Wire

/// Messages of workers and operators. On the task of `run`.
extension ClusterDriver {
  func handle(_ message: WorkerMessage, from peer: PeerID, _ key: PublicKey?) {
    switch message {
    case .register(let registration): register(registration, peer, key)
    case .drain(let worker): drain(worker, for: peer)
    default:
      guard let name = state.withLock({ $0.name(of: peer) }) else {
        // The worker was evicted, or the coordinator was restarted.
        return control.send(.rejoin(reason: "this coordinator does not know you"), to: peer)
      }
      handle(message, of: name, peer)
    }
  }

  private func handle(_ message: WorkerMessage, of name: String, _ peer: PeerID) {
    switch message {
    case .heartbeat(let heartbeat):
      let status = HeartbeatStatus(
        progress: heartbeat.progress, expectedStep: heartbeat.stepMilliseconds.map { .milliseconds($0) })
      apply(.heartbeat(worker: name, incarnation: heartbeat.incarnation, status))
      control.send(.welcome(heartbeatMilliseconds: Self.heartbeatMilliseconds), to: peer)
    case .loadProgress(let epoch, let fraction):
      connect(when: name, isFirstOf: epoch)
      apply(.loadProgress(worker: name, epoch, fraction: fraction))
      logLoading(name, epoch, fraction)
    case .stageReady(let epoch, _, _, let held):
      state.withLock { if epoch == $0.control.epoch { $0.held[name] = held } }
      connect(when: name, isFirstOf: epoch)
      apply(.stageReady(worker: name, epoch))
    case .stageFailed(let epoch, let reason): apply(.stageFailed(worker: name, epoch, reason: reason))
    case .leaving(let reason): apply(.left(worker: name, reason: reason))
    case .draining: apply(.drain(worker: name))
    case .measuredLink(let link):
      apply(.linkMeasured(worker: name, peer: link.worker, WorkerLink(link)))
    case .register, .drain, .fetchManifest, .fetchBlock, .probeLink: break  // Handled elsewhere.
    }
  }

  private func logLoading(_ name: String, _ epoch: PlanEpoch, _ fraction: Double) {
    let isDue = state.withLock { state in
      fraction > 0 && epoch == state.control.epoch
        && state.control.plan?.stages.contains { $0.worker == name } ?? false
        && state.loadReports.isDue(name, epoch, now: now)
    }
    if isDue { logger.info("stage loading", metadata: ["worker": "\(name)", "share": "\(Int(fraction * 100))%"]) }
  }

  private func register(_ registration: WorkerRegistration, _ peer: PeerID, _ key: PublicKey?) {
    let name = registration.name
    let actions: [ClusterAction]
    do throws(RegistrationRefusal) {
      try check(registration, key)
      actions = try state.withLock { state throws(RegistrationRefusal) in
        let actions = try state.control.register(
          WorkerResources(name: name, offer: registration.offer, loadedLayers: registration.loadedLayers),
          links: Dictionary(registration.links.map { ($0.worker, WorkerLink($0)) }) { $1 },
          incarnation: registration.incarnation, now: now)
        state.peers[name] = Peer(id: peer, registration: registration, key: key)
        return actions
      }
    } catch {
      logger.warning("worker refused", metadata: ["worker": "\(name)", "reason": "\(error)"])
      switch error {
      // The name may be that of a predecessor that is not yet found dead: the worker retries for a while.
      case .duplicateName, .declaredDead: control.send(.rejoin(reason: "\(error)"), to: peer)
      default: control.send(.refused(reason: "\(error)"), to: peer)
      }
      return
    }
    control.send(.welcome(heartbeatMilliseconds: Self.heartbeatMilliseconds), to: peer)
    // The new connection has replaced that of a predecessor of the same name, which needs no eviction.
    perform(actions.filter { if case .evict(name, _) = $0 { false } else { true } })
  }

  /// Checks what does not depend on other members.
  /// - Throws: why the worker cannot join.
  private func check(_ registration: WorkerRegistration, _ key: PublicKey?) throws(RegistrationRefusal) {
    let ours = Compatibility(
      protocolVersion: ProtocolVersion.current, numericsID: NumericsID.current, build: configuration.build)
    let theirs = Compatibility(
      protocolVersion: ProtocolVersion.current, numericsID: registration.offer.numericsID, build: registration.build)
    if let refusal = ours.refusal(of: theirs, worker: registration.name) { throw refusal }
    if let refusal = registration.offer.refusal(of: configuration.demand.elementType, worker: registration.name) {
      throw refusal
    }
    if let refusal = registration.offer.refusal(of: configuration.demand.attention, worker: registration.name) {
      throw refusal
    }
    if let refusal = registration.offer.refusal(of: configuration.checkpoint.rope, worker: registration.name) {
      throw refusal
    }
    if let allowed = key.flatMap({ configuration.network.keys?.workerName($0) }), allowed != registration.name {
      throw RegistrationRefusal.otherName(claimed: registration.name, allowed: allowed)
    }
  }

  private func drain(_ worker: String, for asker: PeerID) {
    guard state.withLock({ $0.peers[worker] != nil }) else {
      return control.send(.refused(reason: "no worker named \(worker) is in the cluster"), to: asker)
    }
    state.withLock { $0.drainAskers[worker, default: []].append(asker) }
    apply(.drain(worker: worker))
  }
}

extension WorkerLink {
  fileprivate init(_ link: MeasuredLink) {
    self.init(bytesPerSecond: link.bytesPerSecond, roundTripSeconds: link.roundTripSeconds)
  }
}
