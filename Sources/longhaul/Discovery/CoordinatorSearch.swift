import Transport

/// Asks the network for a coordinator by multicast DNS until it answers. Blocks.
///
/// Anyone on the link may answer. A wrong address costs time and nothing else: the coordinator there must still prove
/// that it has the key.
struct CoordinatorSearch {
  let coordinator: CoordinatorService
  /// How long it is looked for.
  let limit: Duration

  /// - Parameter onSilence: called once, when the first question has no answer.
  /// - Throws: `MulticastSocket.Failure`, `EndpointError`, or `CommandFailure` when none answers.
  func endpoint(onSilence: () -> Void) throws -> Endpoint {
    let socket = try MulticastSocket(isListening: false)
    let id = UInt16.random(in: 1 ... .max)
    let end = ContinuousClock.now + limit
    var pause = Duration.seconds(1)
    repeat {
      socket.sendToAll(coordinator.question(id: id).bytes)
      let next = min(end, .now + pause)
      while ContinuousClock.now < next {
        let left = max(1, (next - .now) / .milliseconds(1))
        guard let datagram = socket.receive(withinMilliseconds: Int32(left)),
          // Others are to be left unheard (RFC 6762, 6).
          datagram.port == CoordinatorService.resolverPort, let answer = DNSMessage(datagram.bytes),
          let place = coordinator.places(in: answer, id: id).first
        else { continue }
        return try .tcp(host: "\(place.address)", port: place.port)
      }
      if pause == .seconds(1) { onSilence() }
      pause = min(pause * 2, .seconds(30))
    } while ContinuousClock.now < end
    throw CommandFailure(
      .unavailable,
      "no coordinator answers by multicast DNS within \(Int(limit / .seconds(1))) s; is 'longhaul serve --discover' "
        + "running on this network, and UDP port \(CoordinatorService.resolverPort) open? Or pass --coordinator")
  }
}
