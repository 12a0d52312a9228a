import Foundation

/// What may be wrong between hosts, from what was measured. Pure.
enum PeerChecks {
  /// - Parameters:
  ///   - version: this host's.
  ///   - numerics: this host's.
  static func findings(_ peer: PeerReadings, version: String, numerics: String) -> [Finding] {
    let name = peer.peer
    if let failure = peer.failure {
      return [
        .problem(
          "peer", "\(name) cannot be reached: \(failure)",
          "run 'longhaul doctor --answer' there, and open the port in its firewall")
      ]
    }
    return [
      release(peer, version: version, numerics: numerics), clock(peer), back(peer), packets(peer), roundTrip(peer),
      throughput(peer),
    ].compactMap { $0 }
  }

  static func release(_ peer: PeerReadings, version: String, numerics: String) -> Finding? {
    guard let facts = peer.facts else { return nil }
    guard facts.version == version else {
      return .problem(
        "version", "\(peer.peer) has release \(facts.version), this host \(version)", "install one release everywhere")
    }
    guard facts.numerics == numerics else {
      return .problem(
        "numerics", "\(peer.peer) computes by \(facts.numerics), this host by \(numerics)",
        "install one release everywhere")
    }
    return .ok("version", "\(peer.peer) has the same release and arithmetic")
  }

  static func clock(_ peer: PeerReadings) -> Finding? {
    guard let skew = peer.clockSkew else { return nil }
    let text = String(format: "%.1f s", abs(skew))
    guard abs(skew) >= 2 else { return .ok("clock", "\(peer.peer) differs by \(text)") }
    let finding = "the clock of \(peer.peer) is \(text) \(skew > 0 ? "ahead" : "behind")"
    let remedy = "run a time service (chrony, systemd-timesyncd) on every host"
    // Nothing in the cluster depends on it; logs and certificates do.
    return abs(skew) < 30 ? .warning("clock", finding, remedy) : .problem("clock", finding, remedy)
  }

  static func back(_ peer: PeerReadings) -> Finding {
    guard let failure = peer.returnFailure else { return .ok("ports", "\(peer.peer) can connect to this host") }
    return .problem(
      "ports", "\(peer.peer) cannot connect to this host: \(failure)",
      "open the ports of --data and --share in this host's firewall, for the cluster's addresses")
  }

  static func packets(_ peer: PeerReadings) -> Finding? {
    if let failure = peer.bulkFailure {
      return .problem(
        "mtu", "few bytes reach \(peer.peer) and many do not: \(failure)",
        "set one mtu on every host and switch between them, or let ICMP through the firewalls")
    }
    guard let count = peer.packetByteCount else { return nil }
    guard count >= 1280 else {
      return .problem(
        "mtu", "packets to \(peer.peer) have at most \(count) bytes",
        "raise the mtu of the interfaces on the way to 1500")
    }
    return .ok("mtu", "packets to \(peer.peer) have up to \(count) bytes")
  }

  static func roundTrip(_ peer: PeerReadings) -> Finding? {
    guard let seconds = peer.roundTrip else { return nil }
    let text = String(format: "%.1f ms", seconds * 1000)
    guard seconds >= 0.02 else { return .ok("round trip", "\(text) to \(peer.peer)") }
    return .warning(
      "round trip", "\(text) to \(peer.peer): each token waits for it once a stage",
      "keep the stages of a cluster in one network")
  }

  static func throughput(_ peer: PeerReadings) -> Finding? {
    guard let rate = peer.bytesPerSecond else { return nil }
    let text = String(format: "%.0f MB/s", rate / 1e6)
    guard rate < 50e6 else { return .ok("throughput", "\(text) to \(peer.peer) and back") }
    let finding = "\(text) to \(peer.peer) and back: long prompts and weights take long"
    let remedy = "use a wired link of 1 Gbit/s or more, and look for errors with ethtool -S"
    return rate < 10e6 ? .problem("throughput", finding, remedy) : .warning("throughput", finding, remedy)
  }

  static func coordinator(_ reading: CoordinatorReading) -> Finding {
    switch reading.outcome {
    case .connected: .ok("coordinator", "\(reading.endpoint) answers\(reading.hasKeys ? " and takes the key" : "")")
    case .keyRefused:
      .problem(
        "key", "the coordinator at \(reading.endpoint) does not take this key",
        "longhaul init FOLDER --allow NAME=PUBLICKEY there; 'longhaul keys FILE' shows it")
    case .unreachable(let reason):
      .problem(
        "coordinator", "\(reading.endpoint) cannot be reached: \(reason)",
        "start it, check --coordinator, and open its port in the firewall")
    case .noHandshake:
      .problem(
        "key", "\(reading.endpoint) is open, and nothing there speaks with this host",
        reading.hasKeys
          ? "check that the key file names the key of this coordinator, and that it runs with --cluster"
          : "a coordinator with keys needs --keys FILE; else another program has that port")
    }
  }
}
