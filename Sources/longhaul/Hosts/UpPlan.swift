import Transport

/// From what is there to a cluster that answers; only what differs is changed.
struct UpPlan {
  typealias Host = Survey.Host

  let survey: Survey
  /// How long the cluster may take to load its model.
  let readySeconds: Int

  private var site: Site { survey.site }

  /// - Throws: `CommandFailure` for hosts where it cannot be.
  func plan() throws -> SitePlan {
    try survey.refuseForeignPrograms()
    try refuseOtherReleases()
    var plan = SitePlan()
    plan.keys = survey.knownKeys
    plan.add(survey.plans(site.hosts) { _, host in survey.install(host) })
    plan.add(survey.plans(site.hosts) { name, host in survey.link(host) + survey.prepare(name, host) })
    plan.add(try survey.plans([site.coordinator]) { _, host in try coordinatorKeys(host) })
    plan.add(try survey.plans(site.workers) { name, host in try workerKey(name, host) })
    plan.add(survey.plans(site.hosts) { name, host in configure(name, host) })
    plan.add(
      survey.plans([site.coordinator]) { _, host in admissions(host) + starts(.coordinator, site.coordinator, host) })
    plan.add(survey.plans(site.workers) { name, host in starts(.worker(name.name), name, host) })
    plan.add(
      survey.plans(site.workers) { name, host in [survey.awaits(.worker(name.name), host, seconds: readySeconds)] })
    plan.add(survey.plans([site.coordinator]) { _, host in [survey.awaits(.coordinator, host, seconds: readySeconds)] })
    return plan
  }

  /// Running releases, which only an upgrade may replace.
  private func refuseOtherReleases() throws {
    for (name, host) in survey.each(site.hosts) {
      if let running = host.state.running.values.first(where: { !survey.isCurrent($0) }) {
        throw CommandFailure(
          .unavailable, "\(name): another release runs, \(running); run 'longhaul upgrade', or 'longhaul down' first")
      }
    }
  }

  private func coordinatorKeys(_ host: Host) throws -> [HostStep] {
    let layout = host.layout
    let (key, listen) = ("\(layout.cluster)/coordinator.key", try survey.listen())
    var steps: [HostStep] = []
    if !host.state.hasCoordinatorKey {
      steps.append(
        HostStep(
          purpose: "makes the cluster's keys",
          command: layout.asService("\(layout.link) init \(layout.cluster) --listen \(listen.description) >/dev/null")))
    }
    if host.state.coordinatorKey == nil {
      steps.append(
        HostStep(
          purpose: "reads the coordinator's public key", command: "\(layout.link) keys \(key)", changes: false,
          captures: .coordinator))
    }
    if !host.state.hasAPIKeys {
      let (file, part) = (layout.apiKeys, layout.apiKeys + ".part")
      steps.append(
        HostStep(
          purpose: "makes a key for clients, which stays on the host",
          command: """
            umask 077 && mkdir -p \(layout.configuration) && head -c 24 /dev/urandom | base64 >\(part) && \
            mv -f \(part) \(file)
            """))
    }
    return steps
  }

  private func workerKey(_ name: HostName, _ host: Host) throws -> [HostStep] {
    guard host.state.hasWorkerKey, !survey.isStale(host.state) else { return [try survey.makeKey(name, host)] }
    guard host.state.workerKey == nil else { return [] }
    return [
      HostStep(
        purpose: "reads the worker's public key",
        command: "\(host.layout.link) keys \(host.layout.workerKey(name.name))", changes: false,
        captures: .worker(name.name))
    ]
  }

  private func configure(_ name: HostName, _ host: Host) -> [HostStep] {
    let layout = host.layout
    return site.services(on: name).flatMap { service -> [HostStep] in
      let files = HostFiles(site, host: name, layout: layout).configuration.filter { $0.service == service }
      let steps = survey.write(files, host)
      guard let file = files.first, !steps.isEmpty else { return steps }
      // The words after the file's, as the service gets them.
      let words = service.arguments(layout).dropFirst(3)
      return steps + [
        HostStep(
          purpose: "checks the configuration of \(service.title)",
          command:
            "\(layout.link) check --quiet --role \(service.arguments(layout)[0]) \(file.path) -- \(Array(words))",
          changes: false)
      ]
    }
  }

  private func admissions(_ coordinator: Host) -> [HostStep] {
    survey.each(site.workers).compactMap { name, host in
      let known = survey.isStale(host.state) ? nil : host.state.workerKey
      guard known == nil || coordinator.state.admitted[name.name] != known else { return nil }
      return survey.admit(name, coordinator)
    }
  }

  /// Starts a service that does not run, and again one whose files have changed.
  private func starts(_ service: HostService, _ name: HostName, _ host: Host) -> [HostStep] {
    guard host.state.running[service] != nil else { return [survey.start(service, host)] }
    let isStale = service != .coordinator && (survey.isStale(host.state) || isCoordinatorChanged)
    guard isStale || isChanged(service, name, host) else { return [] }
    return [survey.stop(service, host), survey.start(service, host)]
  }

  private func isChanged(_ service: HostService, _ name: HostName, _ host: Host) -> Bool {
    let files = HostFiles(site, host: name, layout: host.layout).all.filter { $0.service == service }
    return !survey.changedFiles(files, host).isEmpty
  }

  /// A coordinator that starts again has its workers stop before.
  private var isCoordinatorChanged: Bool {
    survey.hosts[site.coordinator].map { isChanged(.coordinator, site.coordinator, $0) } ?? false
  }
}

extension Survey {
  /// - Parameter readySeconds: how long the cluster may take to load its model.
  /// - Throws: `CommandFailure` for hosts where it cannot be.
  func upPlan(readySeconds: Int) throws -> SitePlan {
    try UpPlan(survey: self, readySeconds: readySeconds).plan()
  }
}
