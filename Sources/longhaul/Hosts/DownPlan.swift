extension Survey {
  /// Stops everything: the coordinator first, which lets requests end and has its workers stop.
  /// - Parameter removes: whether programs, keys, configuration and weights go, too. Models stay.
  func downPlan(removes: Bool) -> SitePlan {
    var plan = SitePlan()
    plan.add(plans([site.coordinator]) { _, host in [end(.coordinator, host)] })
    plan.add(plans(site.workers) { name, host in [end(.worker(name.name), host)] })
    if removes { plan.add(plans(site.hosts) { name, host in remove(name, host) }) }
    return plan
  }

  private func end(_ service: HostService, _ host: Host) -> HostStep {
    let isRunning = host.state.running[service] != nil
    return HostStep(
      purpose: isRunning ? "drains and stops \(service.title)" : "sees that \(service.title) does not run",
      command: host.layout.isSystem
        ? "[ ! -e \(Self.unitFile(service)) ] || \(service.remove(host.layout))"
        : "[ ! -x \(host.layout.script) ] || \(service.remove(host.layout))", changes: isRunning)
  }

  private static func unitFile(_ service: HostService) -> String {
    "/etc/systemd/system/" + (service == .coordinator ? service.unit : "longhaul-worker@.service")
  }

  private func remove(_ name: HostName, _ host: Host) -> [HostStep] {
    let layout = host.layout
    var paths = [layout.configuration, layout.cluster, layout.cache, layout.releases, layout.link]
    if layout.isSystem {
      let files = HostFiles(site, host: name, layout: layout)
      paths += (files.base + files.keepers).map(\.path)
    } else {
      paths.append(layout.state)
    }
    let reload: ShellText = layout.isSystem ? " && systemctl daemon-reload" : ""
    return [
      HostStep(
        purpose: "removes program, keys, configuration, logs and weights", command: "rm -rf -- \(paths)\(reload)",
        limit: 600)
    ]
  }
}
