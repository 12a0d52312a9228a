import ArgumentParser
import Coordinator
import Credentials
import Foundation
import Transport

/// `longhaul drain`: removes a worker from a running cluster without ending a request.
struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Moves a worker's layers to other workers and stops it; requests pause and resume.")

  @Argument(help: "The worker's name.")
  var worker: String

  @Option(help: "Address of the coordinator. Default: the address in the key file.")
  var coordinator: String?

  @Option(help: "A worker's key file of the cluster. Required beyond loopback.")
  var keys: String?

  @Flag(help: "Allow a connection beyond loopback without keys.")
  var insecure = false

  @Option(help: "Seconds to wait until the worker has left.")
  var wait: Int = 60

  func validate() throws {
    guard (1...86_400).contains(wait) else { throw ValidationError("--wait must be between 1 and 86400") }
  }

  func run() async throws {
    let file = try keys.map { try KeyFile(path: $0) }
    guard let endpoint = try coordinator.map({ try Endpoint($0) }) ?? file?.coordinator else {
      throw CommandFailure(.usage, "pass the coordinator's address with --coordinator tcp://HOST:PORT or --keys FILE")
    }
    var socketKeys = SocketKeys.none
    if let file {
      guard let server = file.coordinatorKey else {
        throw CommandFailure(.badConfiguration, "'\(keys ?? "")' is a coordinator's key file; pass a worker's")
      }
      socketKeys = .presenting(own: file.pair, server: server)
    }
    do {
      let reason = try AdminClient.drain(
        worker: worker, coordinator: endpoint, keys: socketKeys, allowsInsecureRemote: insecure, seconds: wait)
      StandardError.line("\(worker) has left: \(reason)")
    } catch let failure as OperatorFailure {
      throw CommandFailure(.unavailable, "\(failure)")
    }
  }
}
