import Core
import Foundation

/// The end of `doctor` that asks.
enum PeerQuestioner {
  private static let roundTripCount = 20
  private static let bulkByteCount = 16 << 20
  /// What is under way at once: more than any link holds, and less than both ends' buffers.
  private static let pieceByteCount = 1 << 18

  /// Blocks for some seconds, at most half a minute.
  static func readings(of peer: String, host: String, port: UInt16) -> PeerReadings {
    var readings = PeerReadings(peer: peer)
    do {
      let connection = PeerConnection(try TCPSocket(host: host, port: port, seconds: 5))
      try ask(connection, &readings)
    } catch {
      readings.failure = "\(error)"
    }
    return readings
  }

  private static func ask(_ connection: PeerConnection, _ readings: inout PeerReadings) throws {
    let asked = Date().timeIntervalSince1970
    try connection.write(line: PeerRequest.facts.line)
    guard let line = try connection.readLine(),
      let facts = try? JSONDecoder().decode(PeerReadings.Facts.self, from: Data(line.utf8))
    else { throw PeerConnection.Broken(description: "what answers is not 'longhaul doctor --answer'") }
    readings.facts = facts
    readings.clockSkew = facts.time - (asked + Date().timeIntervalSince1970) / 2
    var best = Double.infinity
    for _ in 0..<roundTripCount {
      let started = ContinuousClock.now
      try echo(1, connection)
      best = min(best, (ContinuousClock.now - started).inSeconds)
    }
    readings.roundTrip = best
    readings.returnFailure = try wayBack(connection)
    readings.packetByteCount = connection.socket.pathByteCount
    do {
      let started = ContinuousClock.now
      for _ in 0..<bulkByteCount / pieceByteCount { try echo(pieceByteCount, connection) }
      readings.bytesPerSecond = Double(bulkByteCount) / max(1e-6, (ContinuousClock.now - started).inSeconds)
    } catch {
      readings.bulkFailure = "\(error)"
    }
  }

  private static func echo(_ count: Int, _ connection: PeerConnection) throws {
    try connection.write(line: PeerRequest.echo(count).line)
    try connection.socket.send([UInt8](repeating: 7, count: count))
    var left = count
    while left > 0 { left -= try connection.readSome(left).count }
  }

  /// Why the other end cannot connect to a port of this host; nil where it can.
  private static func wayBack(_ connection: PeerConnection) throws -> String? {
    let listener = try TCPSocket(listeningAt: "*", port: 0)
    guard let port = listener.localPort else { return nil }
    try connection.write(line: PeerRequest.connect(port).line)
    guard let answer = try connection.readLine() else {
      throw PeerConnection.Broken(description: "it closed the connection")
    }
    return answer == "ok" ? nil : String(answer.dropFirst("failed ".count))
  }
}
