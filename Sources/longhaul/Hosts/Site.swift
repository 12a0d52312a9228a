import Transport

/// A cluster over several hosts as its operator wants it: who they are, how to reach them, and what their services are
/// set to. `SiteFile` keeps it between commands.
struct Site: Hashable {
  /// Unique by name.
  var hosts: [HostName]
  /// One of the hosts.
  var coordinator: HostName
  /// Whether the coordinator's host has a worker, too.
  var coordinatorWorks = true
  /// Where workers reach the coordinator; nil: the address at which ssh reaches its host, and port 7070.
  var listen: Endpoint?
  var ssh = SSH()
  /// Whether hosts with systemd get units; else each process has a keeper of its own.
  var usesSystemd = true
  /// Networks beside the private ones that may reach the services under systemd, such as 203.0.113.0/24.
  var networks: [String] = []
  var serve: ServiceSettings
  var worker: ServiceSettings

  init(hosts: [HostName], coordinator: HostName? = nil) throws {
    guard let first = hosts.first else { throw CommandFailure(.usage, "name the hosts with --hosts A,B,C") }
    (self.hosts, self.coordinator) = (hosts, coordinator ?? first)
    (serve, worker) = (try ServiceSettings(.serve), try ServiceSettings(.worker))
  }

  /// Hosts with a worker, in the order of their list.
  var workers: [HostName] { hosts.filter { coordinatorWorks || $0 != coordinator } }

  /// Where clients reach the API, from the coordinator's host.
  var http: String { serve["http"] ?? "127.0.0.1:8080" }
  /// Where each worker answers probes, from its own host.
  var workerHTTP: String { worker["http"] ?? "127.0.0.1:7090" }

  /// - Throws: `CommandFailure` for what no cluster can be.
  func check() throws {
    guard hosts.contains(coordinator) else {
      throw CommandFailure(.usage, "the coordinator '\(coordinator)' is not one of the hosts; add it to --hosts")
    }
    guard !workers.isEmpty else {
      throw CommandFailure(.usage, "no host is left for a worker; add one, or let the coordinator's host work")
    }
    _ = try HTTPAddress(option: "http of serve", http)
    _ = try HTTPAddress(option: "http of worker", workerHTTP)
    if let listen {
      guard case .tcp = listen.address else {
        throw CommandFailure(.usage, "--listen is \(listen); write tcp://HOST:PORT, as workers reach the coordinator")
      }
    }
    for network in networks where !Self.isNetwork(network) {
      throw CommandFailure(.usage, "--network '\(network.prefix(80))' is not a network such as 203.0.113.0/24")
    }
  }

  private static func isNetwork(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), !parts[0].isEmpty else { return false }
    let isAddress = parts[0].utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }
    return isAddress && (parts.count == 1 || Int(parts[1]).map { (0...128).contains($0) } == true)
  }
}
