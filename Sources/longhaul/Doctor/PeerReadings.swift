/// What `doctor` measured of the way to another host, where `longhaul doctor --answer` runs.
struct PeerReadings {
  /// What the other host says of itself.
  struct Facts: Codable, Hashable {
    let version: String
    let numerics: String
    /// Seconds since 1970.
    let time: Double
  }

  let peer: String
  /// Why it could not be asked; nil where it could.
  var failure: String?
  var facts: Facts?
  /// The other clock minus this one, in seconds.
  var clockSkew: Double?
  /// Seconds, of the fastest of several.
  var roundTrip: Double?
  /// There and back at once.
  var bytesPerSecond: Double?
  /// Why many bytes did not arrive where few did.
  var bulkFailure: String?
  /// Bytes that a packet may have on the way.
  var packetByteCount: Int?
  /// Why the other host could not connect to this one; nil where it could.
  var returnFailure: String?
}

/// What came of presenting a key to a coordinator.
struct CoordinatorReading {
  enum Outcome: Hashable {
    case connected
    case keyRefused
    case unreachable(String)
    /// The port is open, and no handshake ends.
    case noHandshake
  }

  let endpoint: String
  let hasKeys: Bool
  let outcome: Outcome
}
