import Foundation
package import Transport

/// The folder of a cluster on the coordinator's machine: the coordinator's key file and the list of workers.
package struct ClusterFolder: Sendable {
  package let path: String
  package let coordinator: KeyFile

  package var workersPath: String { path + "/workers" }
  private static func keyPath(_ path: String) -> String { path + "/coordinator.key" }

  package static func exists(at path: String) -> Bool { FileManager.default.fileExists(atPath: keyPath(path)) }

  /// Creates a cluster: a key for its coordinator and an empty list of workers.
  package static func create(at path: String, endpoint: Endpoint) throws -> ClusterFolder {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CredentialError("cannot create the folder '\(path)': \(error.localizedDescription)")
    }
    let file = try KeyFile(name: "coordinator", pair: KeyPair(), coordinator: endpoint, coordinatorKey: nil)
    try file.create(at: keyPath(path))
    let folder = ClusterFolder(path: path, coordinator: file)
    try SecretFile.replace(folder.workersPath, AllowList().text)
    return folder
  }

  package init(path: String) throws(CredentialError) {
    self.init(path: path, coordinator: try KeyFile(path: Self.keyPath(path)))
    _ = try allowList()
  }

  private init(path: String, coordinator: KeyFile) {
    self.path = path
    self.coordinator = coordinator
  }

  package func allowList() throws(CredentialError) -> AllowList {
    try AllowList(text: SecretFile.readPublic(workersPath), source: "'\(workersPath)'")
  }

  /// Adds workers to the list, all or none. A running coordinator admits them at once.
  /// - Parameter replaces: whether keys that the workers already have give way.
  package func allow(
    _ workers: [(name: String, key: PublicKey)], replacing replaces: Bool = false
  ) throws(CredentialError) {
    var list = try allowList()
    for worker in workers { try list.allow(worker.key, as: worker.name, replacing: replaces) }
    try SecretFile.replace(workersPath, list.text)
  }

  /// The key file of a new worker of this cluster, not yet on the list.
  package func worker(named name: String) throws -> KeyFile {
    try KeyFile(
      name: name, pair: KeyPair(), coordinator: coordinator.coordinator, coordinatorKey: coordinator.pair.publicKey)
  }
}
