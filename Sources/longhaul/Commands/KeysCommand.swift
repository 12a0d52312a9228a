import ArgumentParser
import Credentials
import Foundation
import Transport

/// `longhaul keys`: shows a key file, or creates one on the machine that will use it.
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Shows the name and public key of a key file; creates the file when it does not exist.",
    discussion: """
      A worker that creates its own key keeps its secret key on its machine: admit it with 'longhaul init FOLDER \
      --allow NAME=PUBLICKEY' on the coordinator's machine.
      """)

  @Argument(help: "The key file.")
  var file: String

  @Option(help: "For a new file: the worker's name.")
  var name: String?

  @Option(help: "For a new file: the address of the coordinator.")
  var coordinator: String?

  @Option(help: "For a new file: the coordinator's public key, as 'longhaul keys FOLDER/coordinator.key' shows it.")
  var coordinatorKey: String?

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

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
        KeysReport(name: key.name, publicKey: publicKey, coordinator: key.coordinator?.description))
    }
    try StandardOutput.write("\(key.name) \(publicKey)\n")
  }

  private func new() throws -> KeyFile {
    guard let name, let coordinator, let coordinatorKey else {
      throw CommandFailure(
        .usage, "'\(file)' does not exist; to create it, pass --name, --coordinator and --coordinator-key")
    }
    guard let known = PublicKey(coordinatorKey) else {
      throw CommandFailure(.usage, "--coordinator-key is not 64 hexadecimal digits")
    }
    return try KeyFile(name: name, pair: KeyPair(), coordinator: try Endpoint(coordinator), coordinatorKey: known)
  }
}
