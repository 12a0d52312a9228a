import Foundation
import Synchronization
import Testing
import Transport

@testable import Credentials

@Suite("Keys in files, lists and tokens")
struct CredentialsTests {
  /// A folder for one test, removed with it.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("lh-keys-\(UUID().uuidString)").path
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  private func worker(_ name: String = "node-2") throws -> KeyFile {
    try KeyFile(
      name: name, pair: KeyPair(), coordinator: Endpoint("tcp://10.0.0.1:7070"), coordinatorKey: KeyPair().publicKey)
  }

  @Test("a key file is readable by its owner only, reads back, and is never overwritten")
  func keyFile() throws {
    let folder = try Folder()
    let path = folder.path + "/node.key"
    let file = try worker()
    try file.create(at: path)
    #expect(try mode(path) == 0o600)
    #expect(try KeyFile(path: path) == file)
    #expect(throws: CredentialError.self) { try worker().create(at: path) }
    #expect(try KeyFile(path: path) == file)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["node.key"])
  }

  @Test("a key file that others can read is rejected with a remedy", arguments: [0o640, 0o604, 0o660, 0o666])
  func readableByOthers(mode: Int) throws {
    let folder = try Folder()
    let path = folder.path + "/node.key"
    try worker().create(at: path)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    let error = #expect(throws: CredentialError.self) { try KeyFile(path: path) }
    #expect(error?.description.contains("chmod 600") == true)
  }

  @Test("only a file of root's may be readable by a group, for a process that is not root")
  func handedOverByRoot() {
    #expect(SecretFile.forbidden(owner: 0, reader: 1000) & 0o040 == 0)
    #expect(SecretFile.forbidden(owner: 0, reader: 1000) == 0o037)
    for (owner, reader) in [(0, 0), (1000, 1000), (1001, 1000)] as [(UInt32, UInt32)] {
      #expect(SecretFile.forbidden(owner: owner, reader: reader) == 0o077)
    }
  }

  @Test("a malformed key file is rejected, and the error contains no secret")
  func brokenKeyFiles() throws {
    let secret = try KeyPair().secretText
    let texts = [
      "", "name a", "secret \(secret)", "name a\nsecret \(secret.dropLast())",
      "name a\nsecret \(secret)\nsecret \(secret)",
      "name ../a\nsecret \(secret)", "name a\nsecret \(secret)\ncoordinator nowhere", "name -a\nsecret \(secret)",
      "name a\nsecret \(secret)\ncoordinator-key 00", "name a\nsecret \(secret)\nextra 1", "name\nsecret \(secret)",
    ]
    for text in texts {
      let error = #expect(throws: CredentialError.self, "\(text)") { try KeyFile(text: text, source: "it") }
      #expect(error?.description.contains(secret.prefix(16)) == false)
    }
  }

  @Test("a token contains a key file; a truncated or changed token is rejected")
  func token() throws {
    let file = try worker()
    let token = JoinToken.text(of: file)
    #expect(try JoinToken.file(" \(token)\n") == file)
    #expect(token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"'\"$`\\!*?()[]{}<>|&;~#/+= ".utf8.contains($0) })
    for length in 0..<token.count {
      #expect(throws: CredentialError.self) { try JoinToken.file(String(token.prefix(length))) }
    }
    for index in token.indices {
      var changed = token
      changed.replaceSubrange(index...index, with: token[index] == "x" ? "y" : "x")
      #expect(throws: CredentialError.self) { try JoinToken.file(changed) }
    }
  }

  @Test("a list maps keys to names; duplicates and malformed lines are rejected with the line number")
  func allowList() throws {
    let (a, b) = (try KeyPair().publicKey, try KeyPair().publicKey)
    let list = try AllowList(text: "# workers\n\nnode-1 \(a)\n  node-2\t\(b) \n", source: "it")
    #expect(list.names == [a: "node-1", b: "node-2"])
    #expect(try AllowList(text: list.text, source: "it") == list)
    for bad in ["node-1", "node-1 00", "node-1 \(a) more", "node-1 \(a)\nnode-1 \(b)", "node-1 \(a)\nnode-2 \(a)"] {
      #expect(throws: CredentialError.self, "\(bad)") { try AllowList(text: bad, source: "it") }
    }
  }

  @Test("a running coordinator reloads its list, and keeps the previous one when the file is malformed")
  func watched() throws {
    let parent = try Folder()
    let path = parent.path + "/cluster"
    let folder = try ClusterFolder.create(at: path, endpoint: Endpoint("tcp://10.0.0.1:7070"))
    #expect(try mode(path) == 0o700)
    #expect(try mode(path + "/coordinator.key") == 0o600)
    #expect(throws: CredentialError.self) { try ClusterFolder.create(at: path, endpoint: Endpoint("tcp://a:1")) }
    let troubles = Mutex(0)
    let watched = try WatchedAllowList(folder: folder, interval: .zero) { _ in troubles.withLock { $0 += 1 } }
    let file = try folder.worker(named: "node-1")
    #expect(watched.name(of: file.pair.publicKey) == nil)
    try folder.allow([("node-1", file.pair.publicKey)])
    #expect(watched.name(of: file.pair.publicKey) == "node-1")
    #expect(throws: CredentialError.self) { try folder.allow([("node-1", KeyPair().publicKey)]) }
    try "nonsense".write(toFile: folder.workersPath, atomically: true, encoding: .utf8)
    #expect(watched.name(of: file.pair.publicKey) == "node-1")
    #expect(troubles.withLock { $0 } == 1)
    try "".write(toFile: folder.workersPath, atomically: true, encoding: .utf8)
    #expect(watched.name(of: file.pair.publicKey) == nil)
    #expect(try ClusterFolder(path: path).coordinator == folder.coordinator)
  }
}
