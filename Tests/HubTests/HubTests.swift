import CLibcrypto
import Fixtures
import Foundation
import TestTraits
import Testing

@testable import Hub

/// A hub that cuts connections and lies, and the cache that other programs share.
@Suite(.ownThread) struct HubTests {
  private let folder: ScratchFolder
  private static let model = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
  private static let text = Array("{}".utf8)

  init() throws { folder = try ScratchFolder() }

  /// Large files have a SHA-256, small ones git's hash.
  private static func large(
    _ path: String, _ bytes: [UInt8] = model, size: Int? = nil, digest: String? = nil
  ) -> HubServer.File {
    let digits = digest ?? hex(bytes, sha256: true)
    let listing = #"""
      {"type":"file","oid":"\#(String(repeating: "0", count: 40))","size":1,"path":"\#(path)",
      "lfs":{"oid":"\#(digits)","size":\#(size ?? bytes.count)}}
      """#
    return HubServer.File(path: path, bytes: bytes, listing: listing)
  }

  private static func small(_ path: String, _ bytes: [UInt8] = text) -> HubServer.File {
    let digits = hex(Array("blob \(bytes.count)\0".utf8) + bytes, sha256: false)
    return HubServer.File(
      path: path, bytes: bytes,
      listing: #"{"type":"file","oid":"\#(digits)","size":\#(bytes.count),"path":"\#(path)"}"#)
  }

  private static func hex(_ bytes: [UInt8], sha256: Bool) -> String {
    var digest = [UInt8](repeating: 0, count: 64)
    var count: UInt32 = 0
    EVP_Digest(bytes, bytes.count, &digest, &count, sha256 ? EVP_sha256() : EVP_sha1(), nil)
    return digest.prefix(Int(count)).map { String(format: "%02x", $0) }.joined()
  }

  private func hub(_ server: HubServer, isOffline: Bool = false) throws -> Hub {
    let environment = ["HF_ENDPOINT": server.address + "/", "HF_HUB_CACHE": folder.url.path, "HF_TOKEN": "secret"]
    return Hub(try HubSettings(environment: environment, isOffline: isOffline)) { _ in }
  }

  private func fetch(_ server: HubServer, _ reference: String = "hf:owner/repo") throws -> String {
    try hub(server).fetch(HubReference(reference)) { _, _, _ in }
  }

  private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  private func refusal(_ server: HubServer, _ reference: String = "hf:owner/repo") -> String {
    let error = #expect(throws: HubError.self) { try fetch(server, reference) }
    return error?.description ?? ""
  }

  @Test("A file comes whole into the layout that other programs of the hub share, and is not fetched twice")
  func layout() throws {
    let server = try HubServer([Self.large("a-Q8_0.gguf"), Self.large("b-q4_k_m.gguf"), Self.small("README.md")])
    let path = try fetch(server)
    let repository = folder.url.path + "/models--owner--repo"
    #expect(path == "\(repository)/snapshots/\(HubServer.commit)/b-q4_k_m.gguf")
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: path)
    #expect(link == "../../blobs/" + Self.hex(Self.model, sha256: true))
    #expect(try bytes(path) == Self.model)
    #expect(try String(contentsOfFile: "\(repository)/refs/main", encoding: .utf8) == HubServer.commit)
    #expect(try hub(server).local(HubReference("hf:owner/repo:Q4_K_M")) == path)
    #expect(try fetch(server) == path && server.downloads.count == 1)
  }

  @Test("A folder comes with its texts and all of its weights, over several pages of the list")
  func wholeFolder() throws {
    var faults = HubServer.Faults()
    faults.pageSize = 2
    let weights = (1...2).map {
      Self.large("model-0000\($0)-of-00002.safetensors", [UInt8](repeating: UInt8($0), count: 9))
    }
    let texts = ["config.json", "tokenizer.json", "model.safetensors.index.json"].map { Self.small($0) }
    let server = try HubServer(texts + weights + [Self.large("pytorch_model.bin"), Self.small("a/b.txt")], faults)
    let path = try fetch(server)
    #expect(path.hasSuffix(HubServer.commit))
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).count == 5)
    #expect(try hub(server, isOffline: true).fetch(HubReference("hf:owner/repo")) { _, _, _ in } == path)
    try FileManager.default.removeItem(atPath: "\(path)/\(weights[1].path)")
    #expect(try hub(server).local(HubReference("hf:owner/repo")) == nil, "a part is missing")
  }

  @Test("A download that is cut continues where it ended")
  func resume() throws {
    var faults = HubServer.Faults()
    faults.cut = (30_000, 3)
    let server = try HubServer([Self.large("m.gguf")], faults)
    #expect(try bytes(fetch(server)) == Self.model)
    #expect(server.downloads.map(\.offset) == [0, 30_000, 60_000, 90_000])
  }

  @Test("One that was interrupted continues in the next run; a server that cannot continue begins again")
  func interrupted() throws {
    struct Stop: Error {}
    let server = try HubServer([Self.large("m.gguf")])
    #expect(throws: Stop.self) {
      _ = try hub(server).fetch(HubReference("hf:owner/repo")) { _, done, _ in if done > 0 { throw Stop() } }
    }
    var faults = HubServer.Faults()
    faults.ignoresRange = true
    let other = try HubServer([Self.large("m.gguf")], faults)
    #expect(try bytes(fetch(other)) == Self.model)
    #expect(other.downloads.first.map { $0.offset > 0 } ?? false)
  }

  @Test("Bytes with another hash are refused and removed")
  func hashes() throws {
    let wrong = String(repeating: "ab", count: 32)
    let server = try HubServer([Self.large("m.gguf", digest: wrong)])
    #expect(refusal(server).contains("another hash"))
    let blobs = folder.url.path + "/models--owner--repo/blobs"
    #expect(try FileManager.default.contentsOfDirectory(atPath: blobs) == [])
    let git = HubServer.File(path: "m.gguf", bytes: [1], listing: Self.small("m.gguf", [2]).listing)
    #expect(refusal(try HubServer([git])).contains("another hash"))
  }

  @Test("A file that is longer or shorter than the hub says is refused")
  func sizes() throws {
    var faults = HubServer.Faults()
    faults.extra = [0]
    #expect(refusal(try HubServer([Self.large("m.gguf")], faults)).contains("is longer than"))
    #expect(refusal(try HubServer([Self.large("n.gguf", [1], size: 2)])).contains("does not come"))
  }

  @Test("The token goes to the hub, and not to where that redirects")
  func token() throws {
    let store = try HubServer([Self.large("m.gguf")])
    var faults = HubServer.Faults()
    // Another name of the same host is another host to the client.
    faults.elsewhere = "http://localhost:\(store.port)"
    let server = try HubServer([Self.large("m.gguf")], faults)
    #expect(try bytes(fetch(server)) == Self.model)
    #expect(server.requests.allSatisfy(\.hasToken) && store.requests.allSatisfy { !$0.hasToken })
    #expect(store.requests.count == 1)
  }

  @Test("A hub that is busy is asked again; one that says no is not")
  func refusals() throws {
    var faults = HubServer.Faults()
    faults.refusal = (503, 2)
    #expect(try bytes(fetch(try HubServer([Self.large("m.gguf")], faults))) == Self.model)
    for (status, message) in [(401, "HF_TOKEN"), (404, "the hub has no")] {
      faults.refusal = (status, 1)
      let server = try HubServer([Self.large("n.gguf", [1])], faults)
      #expect(refusal(server).contains(message) && server.requests.count == 1)
    }
  }

  @Test("Without the hub, what is not in the cache is refused")
  func offline() throws {
    let server = try HubServer([Self.large("m.gguf")])
    let error = #expect(throws: HubError.self) {
      try hub(server, isOffline: true).fetch(HubReference("hf:owner/repo")) { _, _, _ in }
    }
    #expect(error?.description.contains("--offline") ?? false)
    #expect(server.requests.isEmpty)
  }

  @Test(
    "A list that leads out of the repository is refused",
    arguments: ["../m.gguf", "/m.gguf", "a//m.gguf", #"a\\b.gguf"#])
  func paths(path: String) throws {
    let listing = Self.large("m.gguf").listing.replacingOccurrences(of: "m.gguf", with: path)
    let server = try HubServer([HubServer.File(path: "m.gguf", bytes: [], listing: listing)])
    #expect(refusal(server).contains("leads out of the repository"))
  }
}
