extension Survey {
  /// Another release, worker by worker: each is drained, so that no request is lost, and the next one waits until the
  /// cluster is ready. The coordinator comes last: it lets requests end, and refuses new ones until it is back.
  /// - Parameters:
  ///   - keepsCoordinator: whether the coordinator stays as it is.
  ///   - readySeconds: how long each may take to be ready.
  func upgradePlan(keepsCoordinator: Bool, readySeconds: Int) throws -> SitePlan {
    try refuseForeignPrograms()
    guard hosts[site.coordinator]?.state.running[.coordinator] != nil else {
      throw CommandFailure(
        .unavailable,
        "\(site.coordinator): the coordinator does not run; 'longhaul up' installs this release and starts it")
    }
    var plan = SitePlan()
    plan.add(plans(site.hosts) { _, host in install(host) })
    plan.add(plans(site.hosts) { name, host in prepare(name, host) })
    for (name, host) in each(site.workers) where needsUpgrade(.worker(name.name), host) {
      plan.add(replace(.worker(name.name), name, host, readySeconds))
    }
    if !keepsCoordinator, let host = hosts[site.coordinator], needsUpgrade(.coordinator, host) {
      plan.add(
        plans([site.coordinator]) { _, _ in link(host) + [stop(.coordinator, host), start(.coordinator, host)] })
      plan.add(workersAgain)
      plan.add(plans(site.workers) { name, host in [awaits(.worker(name.name), host, seconds: readySeconds)] })
      plan.add(plans([site.coordinator]) { _, host in [awaits(.coordinator, host, seconds: readySeconds)] })
    }
    return plan
  }

  private func needsUpgrade(_ service: HostService, _ host: Host) -> Bool {
    host.state.running[service].map { !isCurrent($0) } ?? true
  }

  private func replace(_ service: HostService, _ name: HostName, _ host: Host, _ readySeconds: Int) -> SitePlan {
    var plan = SitePlan()
    plan.add(
      plans([name]) { _, _ in
        link(host) + [stop(service, host), start(service, host), awaits(service, host, seconds: readySeconds)]
      })
    plan.add(plans([site.coordinator]) { _, host in [awaits(.coordinator, host, seconds: readySeconds)] })
    return plan
  }

  /// A coordinator that stops has its workers stop, too.
  private var workersAgain: [HostPlan] {
    plans(site.workers) { name, host in
      let service = HostService.worker(name.name)
      return [stop(service, host), start(service, host)]
    }
  }

  /// New keys for the workers, one after the other. The coordinator's own key names the cluster and stays.
  func rotationPlan(readySeconds: Int) throws -> SitePlan {
    try refuseForeignPrograms()
    guard coordinatorKey != nil else {
      throw CommandFailure(.unavailable, "\(site.coordinator): no cluster is there; run 'longhaul up' first")
    }
    var plan = SitePlan()
    plan.keys = knownKeys
    for (name, host) in each(site.workers) {
      let service = HostService.worker(name.name)
      plan.add(try plans([name]) { _, _ in [stop(service, host), try makeKey(name, host)] })
      plan.add(plans([site.coordinator]) { _, host in [admit(name, host)] })
      plan.add(plans([name]) { _, _ in [start(service, host), awaits(service, host, seconds: readySeconds)] })
      plan.add(plans([site.coordinator]) { _, host in [awaits(.coordinator, host, seconds: readySeconds)] })
    }
    return plan
  }
}
