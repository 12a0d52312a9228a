import Fixtures
import Foundation
import TestTraits
import Testing

/// Certificates of the test's own, by openssl.
struct TestCertificates {
  let folder: ScratchFolder

  /// Makes a certificate for a name that vouches for itself, in place of an earlier one of that name.
  func make(_ file: String, name: String) async throws -> (chain: String, key: String) {
    let (chain, key) = (folder.path("\(file).pem"), folder.path("\(file).key"))
    let process = Program.command([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-keyout", key, "-out", chain,
    ])
    process.standardError = FileHandle.nullDevice
    try process.run()
    await OwnThread.run { process.waitUntilExit() }
    try #require(process.terminationStatus == 0)
    #expect(chmod(key, 0o600) == 0 && chmod(chain, 0o644) == 0)
    return (chain, key)
  }
}

extension Program {
  /// Whether the program was built with the trait.
  static let speaksTLS: Bool = {
    let server = process(url, ["serve", SharedFiles.demo, "--tls-cert", "/dev/null", "--tls-key", "/dev/null"])
    let errors = Pipe()
    server.standardError = errors
    guard (try? server.run()) != nil else { return false }
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return !text.contains("built without TLS")
  }()
}

extension ServedCluster {
  /// Starts a server with a certificate and returns when it answers those who trust it.
  static func secure(_ pair: (chain: String, key: String)) async throws -> ServedCluster {
    let cluster = try await ServedCluster(
      serving: SharedFiles.demo, arguments: ["--tls-cert", pair.chain, "--tls-key", pair.key], isToBeReady: false)
    try #require(try await cluster.waitForLog("coordinator", "http port="), "\(cluster.log("coordinator"))")
    try #require(try await cluster.waitForLog("coordinator", "coordinator: ready"))
    return cluster
  }

  /// The server's address with a path, under the name that its certificate bears.
  func secureAddress(_ path: String) throws -> String {
    let port = try #require(log("coordinator").firstMatch(of: /http port=(\d+)/)).1
    return "https://localhost:\(port)\(path)"
  }
}
