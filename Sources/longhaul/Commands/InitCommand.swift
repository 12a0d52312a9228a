import ArgumentParser
import Credentials
import Foundation
import Transport

/// `longhaul init`: makes a cluster's keys, or lets more workers into it.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Makes a cluster's keys, or lets more workers into it.",
    discussion: """
      The folder stays on the coordinator's machine, for 'longhaul serve --cluster FOLDER'. Each worker gets one \
      token, for 'longhaul join' on its machine. A token is that worker's secret: hand it over as you would a \
      password. Taking the worker's line off FOLDER/workers shuts it out again.
      """)

  @Argument(help: "The cluster's folder; made when it is not there.")
  var folder: String

  @Option(help: "Where workers reach the coordinator, for example tcp://10.0.0.1:7070. Needed once, for a new cluster.")
  var listen: String?

  @Option(name: .customLong("worker"), help: "A worker to make a token for. May be given several times.")
  var workers: [String] = []

  @Option(
    name: .customLong("allow"),
    help: """
      NAME=PUBLICKEY of a worker that made its own key with 'longhaul keys', so that its secret never travels. May be \
      given several times.
      """)
  var allowed: [String] = []

  @Flag(help: "Print one JSON object instead of words.")
  var json = false

  func run() throws {
    let isNew = !ClusterFolder.exists(at: folder)
    let cluster = try isNew ? create() : existing()
    let made = try workers.map { try cluster.worker(named: $0) }
    try cluster.allow(made.map { ($0.name, $0.pair.publicKey) } + allowed.map(Self.named))
    try report(cluster, isNew: isNew, made: made)
  }

  private func create() throws -> ClusterFolder {
    guard let listen else {
      throw CommandFailure(
        .usage, "'\(folder)' is a new cluster; say with --listen where workers reach its coordinator")
    }
    return try ClusterFolder.create(at: folder, endpoint: try Endpoint(listen))
  }

  private func existing() throws -> ClusterFolder {
    let cluster = try ClusterFolder(path: folder)
    if let listen, cluster.coordinator.coordinator != (try Endpoint(listen)) {
      throw CommandFailure(
        .usage,
        "the tokens of the cluster in '\(folder)' name another address, "
          + "\(cluster.coordinator.coordinator?.description ?? "none"); make another folder for this one")
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

  private struct Report: Encodable {
    struct Worker: Encodable {
      let worker: String
      let publicKey: String
      let token: String
    }
    let folder: String
    let listen: String?
    let publicKey: String
    let workers: [Worker]
  }

  private func report(_ cluster: ClusterFolder, isNew: Bool, made: [KeyFile]) throws {
    if json {
      return try StandardOutput.json(
        Report(
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
      try StandardOutput.write("let workers in with: longhaul init \(folder) --worker NAME\n")
    }
  }
}
