/// A file that `up` writes on a host.
struct HostFile: Hashable {
  let path: String
  let text: String
  var mode = "644"
  /// What reads it, and has to start again after a change; nil for what only installs.
  var service: HostService?

  var name: String { String(path.split(separator: "/").last ?? "") }
}

/// All files that a host of a site has beside keys and the program.
struct HostFiles {
  /// User and folders of the system; none at home.
  let base: [HostFile]
  /// Units, or the script that does without.
  let keepers: [HostFile]
  /// Of the services.
  let configuration: [HostFile]

  var all: [HostFile] { base + keepers + configuration }

  init(_ site: Site, host: HostName, layout: HostLayout) {
    var configuration: [HostFile] = []
    let note = "# Written by 'longhaul up': change the site's file, not this one."
    func file(_ path: String, _ lines: [String], _ service: HostService) -> HostFile {
      HostFile(path: path, text: ([note] + lines).joined(separator: "\n") + "\n", service: service)
    }
    let services = site.services(on: host)
    for service in services {
      switch service {
      case .coordinator:
        configuration.append(
          file(
            layout.serveFile, site.serve.lines(over: ["workers": "\(site.workers.count)", "http": site.http]), service))
      case .worker:
        configuration.append(file(layout.workerFile, site.worker.lines(over: ["http": site.workerHTTP]), service))
      }
    }
    self.configuration = configuration
    guard layout.isSystem else {
      base = []
      keepers = [HostFile(path: layout.script, text: Self.text(PackageResources.service_sh), mode: "755")]
      return
    }
    base = [
      HostFile(path: "/etc/sysusers.d/longhaul.conf", text: Self.text(PackageResources.sysusers_conf)),
      HostFile(path: "/etc/tmpfiles.d/longhaul.conf", text: Self.text(PackageResources.tmpfiles_conf)),
    ]
    let units = "/etc/systemd/system"
    var keepers = [HostFile(path: "\(units)/longhaul.target", text: Self.text(PackageResources.longhaul_target))]
    for service in services {
      let name: String
      switch service {
      case .coordinator:
        name = "longhaul-coordinator.service"
        keepers.append(
          HostFile(
            path: "\(units)/\(name)", text: Self.text(PackageResources.longhaul_coordinator_service), service: service))
      case .worker:
        name = "longhaul-worker@.service"
        keepers.append(
          HostFile(
            path: "\(units)/\(name)", text: Self.text(PackageResources.longhaul_worker__service), service: service))
      }
      guard !site.networks.isEmpty else { continue }
      let text = "[Service]\nIPAddressAllow=\(site.networks.joined(separator: " "))\n"
      keepers.append(HostFile(path: "\(units)/\(name).d/networks.conf", text: text, service: service))
    }
    self.keepers = keepers
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension Site {
  /// The processes of a host, the coordinator first.
  func services(on host: HostName) -> [HostService] {
    (host == coordinator ? [.coordinator] : []) + (workers.contains(host) ? [.worker(host.name)] : [])
  }
}
