import ArgumentParser
import Credentials
import Foundation
import Transport

/// `longhaul keys`: makes a key file on the machine that will use it, and shows whose a key file is.
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Shows the name and public key of a key file, making the file first when it is not there.",
    discussion: """
      A worker that makes its own key sends nobody a secret: 'longhaul init FOLDER --allow NAME=PUBLICKEY' on the \
      coordinator's machine lets it in.
      """)

  @Argument(help: "The key file.")
  var file: String

  @Option(help: "Name of the worker, for a new file.")
  var name: String?

  @Option(help: "Where the worker reaches the coordinator, for a new file.")
  var coordinator: String?

  @Option(help: "The coordinator's public key, which 'longhaul keys FOLDER/coordinator.key' shows, for a new file.")
  var coordinatorKey: String?

  @Flag(help: "Print one JSON object instead of words.")
  var json = false

  private struct Report: Encodable {
    let name: String
    let publicKey: String
    let coordinator: String?
  }

  func run() throws {
    let key: KeyFile
    if FileManager.default.fileExists(atPath: file) {
      key = try KeyFile(path: file)
    } else {
      key = try new()
      try key.create(at: file)
    }
    let publicKey = key.pair.publicKey.description
    if json {
      return try StandardOutput.json(
        Report(name: key.name, publicKey: publicKey, coordinator: key.coordinator?.description))
    }
    try StandardOutput.write("\(key.name) \(publicKey)\n")
  }

  private func new() throws -> KeyFile {
    guard let name, let coordinator, let coordinatorKey else {
      throw CommandFailure(
        .usage, "'\(file)' is not there; a new one needs --name, --coordinator and --coordinator-key")
    }
    guard let known = PublicKey(coordinatorKey) else {
      throw CommandFailure(.usage, "--coordinator-key is not 64 hexadecimal digits")
    }
    return try KeyFile(name: name, pair: KeyPair(), coordinator: try Endpoint(coordinator), coordinatorKey: known)
  }
}
