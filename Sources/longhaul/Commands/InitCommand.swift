import ArgumentParser
import Credentials
import Foundation
import Transport

/// `longhaul init`: creates a cluster's keys, or admits more workers.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Creates a cluster's keys, or admits more workers.",
    discussion: """
      Keep the folder on the coordinator's machine, for 'longhaul serve --cluster FOLDER'. Each worker gets a token, \
      for 'longhaul join' on its machine. The token contains the worker's secret key: treat it like a password. \
      Remove the worker's line from FOLDER/workers to revoke its access.
      """)

  @Argument(help: "The cluster's folder; created when it does not exist.")
  var folder: String

  @Option(help: "Address of the coordinator for workers, for example tcp://10.0.0.1:7070. Required for a new cluster.")
  var listen: String?

  @Option(name: .customLong("worker"), help: "A worker to create a token for; may be repeated.")
  var workers: [String] = []

  @Option(
    name: .customLong("allow"),
    help: """
      NAME=PUBLICKEY of a worker that created its own key with 'longhaul keys', so that its secret key stays on its \
      machine; may be repeated.
      """)
  var allowed: [String] = []

  @Flag(help: "Let the new key of a worker take the place of one that it already has.")
  var replace = false

  @Flag(help: "Print one JSON object instead of text.")
  var json = false

  func run() throws {
    let isNew = !ClusterFolder.exists(at: folder)
    let cluster = try isNew ? create() : existing()
    let made = try workers.map { try cluster.worker(named: $0) }
    try cluster.allow(made.map { ($0.name, $0.pair.publicKey) } + allowed.map(Self.named), replacing: replace)
    try report(cluster, isNew: isNew, made: made)
  }

  private func create() throws -> ClusterFolder {
    guard let listen else {
      throw CommandFailure(
        .usage, "'\(folder)' is a new cluster; pass the address of its coordinator with --listen")
    }
    return try ClusterFolder.create(at: folder, endpoint: try Endpoint(listen))
  }

  private func existing() throws -> ClusterFolder {
    let cluster = try ClusterFolder(path: folder)
    if let listen, cluster.coordinator.coordinator != (try Endpoint(listen)) {
      throw CommandFailure(
        .usage,
        "the tokens of the cluster in '\(folder)' contain another address, "
          + "\(cluster.coordinator.coordinator?.description ?? "none"); use another folder for this address")
    }
    return cluster
  }

  private static func named(_ text: String) throws -> (name: String, key: PublicKey) {
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let key = PublicKey(parts[1]) else {
      throw CommandFailure(.usage, "--allow '\(text)' is not NAME=PUBLICKEY; 'longhaul keys FILE' shows a worker's key")
    }
    return (String(parts[0]), key)
  }

  private func report(_ cluster: ClusterFolder, isNew: Bool, made: [KeyFile]) throws {
    if json {
      return try StandardOutput.json(
        InitReport(
          folder: folder, listen: cluster.coordinator.coordinator?.description,
          publicKey: cluster.coordinator.pair.publicKey.description,
          workers: made.map {
            .init(worker: $0.name, publicKey: $0.pair.publicKey.description, token: JoinToken.text(of: $0))
          }))
    }
    if isNew {
      try StandardOutput.write("the coordinator's public key is \(cluster.coordinator.pair.publicKey)\n")
      try StandardOutput.write("start it with: longhaul serve MODEL --cluster \(folder)\n")
    }
    for file in made {
      try StandardOutput.write("\non \(file.name): longhaul join \(JoinToken.text(of: file))\n")
    }
    if isNew, made.isEmpty, allowed.isEmpty {
      try StandardOutput.write("admit workers with: longhaul init \(folder) --worker NAME\n")
    }
  }
}
