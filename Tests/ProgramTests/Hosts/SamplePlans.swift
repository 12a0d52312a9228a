import Foundation

@testable import longhaul

/// Sites whose hosts exist on paper.
enum SamplePlans {
  static let keys = (0..<4).map { String(repeating: "\($0)", count: 64) }

  static let release = Release(
    folder: "/build", program: "longhaul",
    files: [.init(name: "longhaul", hash: String(repeating: "a", count: 64))], version: "0.2.0")

  /// - Parameters:
  ///   - answers: of a host to what is asked first.
  ///   - state: of a host, by its place.
  static func survey(
    _ site: Site, answers: String, address: String? = "10.0.0.1", state: (Int, HostName, HostLayout) -> HostState
  ) throws -> Survey {
    var hosts: [HostName: Survey.Host] = [:]
    for (index, host) in site.hosts.enumerated() {
      let basics = try HostBasics(
        "machine Linux x86_64\n\(answers)\n" + (address.map { "address \($0)" } ?? ""), host: host)
      let layout = basics.layout(usesSystemd: site.usesSystemd)
      hosts[host] = Survey.Host(basics: basics, layout: layout, state: state(index, host, layout))
    }
    return Survey(site, release: release, hosts: hosts)
  }

  static let withSystemd = "user 1000\nhome /home/me\nsystemd\nsudo"
  static let without = "user 1000\nhome /home/me"

  /// Hosts as `up` leaves them.
  static func done(_ site: Site) -> (Int, HostName, HostLayout) -> HostState {
    { index, host, layout in
      var state = HostState()
      state.hasRelease = true
      state.linked = layout.program(of: release.id)
      for file in HostFiles(site, host: host, layout: layout).all {
        state.fileHashes[file.path] = Release.hexadecimal(of: file.text)
      }
      if host == site.coordinator {
        (state.hasCoordinatorKey, state.coordinatorKey, state.hasAPIKeys) = (true, keys[0], true)
        state.listen = "tcp://10.0.0.1:7070"
        for (index, worker) in site.workers.enumerated() { state.admitted[worker.name] = keys[index + 1] }
      }
      if let index = site.workers.firstIndex(of: host) {
        (state.hasWorkerKey, state.workerKey) = (true, keys[index + 1])
        (state.workerFor, state.workerListen) = (keys[0], "tcp://10.0.0.1:7070")
      }
      for service in site.services(on: host) { state.running[service] = layout.program(of: release.id) }
      return state
    }
  }
}
