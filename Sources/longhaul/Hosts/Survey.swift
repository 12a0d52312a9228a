import Transport

/// A site with what its hosts are and have: all that a plan is made from.
struct Survey {
  struct Host: Hashable {
    let basics: HostBasics
    let layout: HostLayout
    var state: HostState
  }

  let site: Site
  let release: Release
  /// One for each host of the site.
  let hosts: [HostName: Host]

  init(_ site: Site, release: Release, hosts: [HostName: Host]) {
    (self.site, self.release, self.hosts) = (site, release, hosts)
  }

  /// Where workers reach the coordinator.
  /// - Throws: `CommandFailure` where no address is known that other hosts reach.
  func listen() throws -> Endpoint {
    let (name, host) = (site.coordinator, hosts[site.coordinator])
    let known = try host?.state.listen.map { try Endpoint($0) }
    if let wanted = site.listen {
      guard known == nil || known == wanted else {
        throw CommandFailure(
          .usage,
          "\(name): its cluster has the address \(known?.description ?? ""), and workers' keys name it; pass that with "
            + "--listen, or begin a new cluster after 'longhaul down --remove'")
      }
      return wanted
    }
    if let known { return known }
    guard let address = host?.basics.address else {
      throw CommandFailure(.usage, "\(name): its address is not known; pass --listen tcp://ADDRESS:7070")
    }
    let endpoint = try Endpoint.tcp(host: address, port: 7070)
    guard !endpoint.isLoopback || site.hosts.count == 1 else {
      throw CommandFailure(
        .usage,
        "\(name): ssh reaches it at \(address), which other hosts do not; pass its address with --listen "
          + "tcp://ADDRESS:7070")
    }
    return endpoint
  }

  /// Hosts in the site's order, with what is known of each.
  func each(_ names: [HostName]) -> [(name: HostName, host: Host)] {
    names.compactMap { name in hosts[name].map { (name, $0) } }
  }

  /// A plan of the steps that a closure makes for each host.
  func plans(_ names: [HostName], _ steps: (HostName, Host) throws -> [HostStep]) rethrows -> [HostPlan] {
    try each(names).map { name, host in
      HostPlan(host: name, usesSudo: host.layout.needsSudo, steps: try steps(name, host))
    }
  }

  /// Whether a process runs the release.
  func isCurrent(_ program: String) -> Bool { program.hasSuffix("/releases/\(release.id)/longhaul") }

  /// The public key of the coordinator, where it is known and stays.
  var coordinatorKey: String? { hosts[site.coordinator]?.state.coordinatorKey }

  /// Whether a worker's key is for another cluster than this.
  func isStale(_ state: HostState) -> Bool {
    guard state.hasWorkerKey else { return false }
    guard hosts[site.coordinator]?.state.hasCoordinatorKey == true else { return true }
    guard let coordinatorKey, let workerFor = state.workerFor else { return false }
    return workerFor != coordinatorKey || state.workerListen != (try? listen())?.description
  }

  /// Programs that `up` has not put there.
  func refuseForeignPrograms() throws {
    for (name, host) in each(site.hosts) {
      guard let linked = host.state.linked, !linked.contains("/releases/") else { continue }
      throw CommandFailure(
        .unavailable,
        "\(name): \(host.layout.link) leads to \(linked), which 'longhaul up' has not installed; upgrade it as it was "
          + "installed, or remove it there")
    }
  }

  /// Those that are there and stay.
  var knownKeys: [CapturedKey: String] {
    var keys: [CapturedKey: String] = [:]
    keys[.coordinator] = coordinatorKey
    for (name, host) in each(site.workers) where !isStale(host.state) {
      keys[.worker(name.name)] = host.state.workerKey
    }
    return keys
  }
}
