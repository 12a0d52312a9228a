import Fixtures
import Foundation
import Glibc
import TestTraits
import Testing

extension EndToEnd {
  // Each needs a minute of an idle machine with an optimized program, and several of a busy one.
  @Suite(
    "Hosts by ssh", .needsVariable("LONGHAUL_SSH_HOSTS", naming: "whether hosts by ssh may take minutes"),
    .timeLimit(.minutes(5)))
  struct Hosts {
    @Test(
      "up makes a cluster of three hosts that answers unchanged when one is killed in mid-answer, and down ends it",
      .needsSSHHosts)
    func upAndDown() async throws {
      let cluster = try await SSHCluster()
      let hosts = cluster.hosts
      let undisturbed = try await cluster.text()
      let again = try await cluster.up()
      #expect(again.status == 0 && again.errors.contains("nothing had to be changed"), "\(again.errors)")

      let victim = try cluster.worker(on: hosts.hosts[1])
      let streamed = try await cluster.streamed(after: 20) { kill(victim, SIGKILL) }
      #expect(streamed == undisturbed)
      // Its keeper has started it again.
      let healed = try await cluster.up()
      #expect(healed.status == 0, "\(healed.errors)")
      #expect(try cluster.worker(on: hosts.hosts[1]) != victim)

      let logs = try await hosts.longhaul(["logs", "--site", hosts.site])
      for host in hosts.hosts { #expect(logs.text.contains("\(host.address) worker-\(host.address) | ")) }
      #expect(logs.text.contains("is started again"))

      let down = try await hosts.longhaul(["down", "--site", hosts.site])
      #expect(down.status == 0, "\(down.errors)")
      for host in hosts.hosts { #expect(hosts.others(on: host) == []) }
      let twice = try await hosts.longhaul(["down", "--site", hosts.site])
      #expect(twice.errors.contains("nothing ran"), "\(twice.errors)")
      let removed = try await hosts.longhaul(["down", "--remove", "--site", hosts.site])
      #expect(removed.status == 0, "\(removed.errors)")
      for host in hosts.hosts {
        let left = try FileManager.default.subpathsOfDirectory(atPath: host.home).filter { $0.contains("longhaul") }
        #expect(left.filter { $0 != ".local/lib/longhaul" } == [])
      }
    }

    @Test("upgrade and rotate-keys lose no request of a busy cluster, and collect gives no secret away", .needsSSHHosts)
    func upgrade() async throws {
      let cluster = try await SSHCluster()
      let hosts = cluster.hosts
      let undisturbed = SSHCluster.Answer.text(try await cluster.text())
      let secrets = try hosts.hosts.map { try cluster.secret(of: $0) }
      let newer = try Self.anotherRelease(in: hosts.folder)

      let clients = (0..<2).map { _ in
        Task {
          var answers: [SSHCluster.Answer] = []
          while !Task.isCancelled { answers.append(try await cluster.answer()) }
          return answers
        }
      }
      let upgraded = try await hosts.longhaul(
        ["upgrade", "--program", newer.path, "--site", hosts.site, "--ready-timeout", "60"])
      let rotated = try await hosts.longhaul(["rotate-keys", "--site", hosts.site, "--ready-timeout", "60"])
      var answers: [SSHCluster.Answer] = []
      for client in clients {
        client.cancel()
        answers += try await client.value
      }
      #expect(upgraded.status == 0, "\(upgraded.errors)")
      #expect(rotated.status == 0, "\(rotated.errors)")
      #expect(answers.filter { $0 != .refused && $0 != undisturbed } == [])
      #expect(answers.count(where: { $0 == undisturbed }) > 4)

      for (host, secret) in zip(hosts.hosts, secrets) {
        #expect(try cluster.secret(of: host) != secret)
        let program = try FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/\(try cluster.worker(on: host))/exe")
        let release = URL(fileURLWithPath: program).deletingLastPathComponent().lastPathComponent
        #expect(upgraded.errors.contains("(\(release)) runs"), "\(program)")
      }
      let nothing = try await hosts.longhaul(["upgrade", "--program", newer.path, "--site", hosts.site])
      #expect(nothing.errors.contains("nothing had to be changed"), "\(nothing.errors)")
      try await expectNoSecret(cluster)
      #expect(try await hosts.longhaul(["down", "--site", hosts.site]).status == 0)
    }

    private func expectNoSecret(_ cluster: SSHCluster) async throws {
      let hosts = cluster.hosts
      let archive = hosts.folder.path("support.tar.gz")
      let collected = try await hosts.longhaul(["collect", "--site", hosts.site, "--output", archive])
      try #require(collected.status == 0, "\(collected.errors)")
      let unpacked = try await hosts.run(on: cluster.coordinator, ["tar", "-xzOf", archive])
      #expect(unpacked.output.contains("== ") && unpacked.output.contains("serving"))
      let secrets = try hosts.hosts.map { try cluster.secret(of: $0) } + [try cluster.apiKey]
      for secret in secrets { #expect(!unpacked.output.contains(secret)) }
    }

    /// The same program with another hash.
    private static func anotherRelease(in folder: ScratchFolder) throws -> URL {
      let url = folder.url.appendingPathComponent("newer/longhaul")
      let parent = url.deletingLastPathComponent()
      try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: Program.url, to: url)
      try FileManager.default.copyItem(
        at: Program.url.deletingLastPathComponent().appendingPathComponent("longhaul_longhaul.resources"),
        to: parent.appendingPathComponent("longhaul_longhaul.resources"))
      let file = try FileHandle(forWritingTo: url)
      try file.seekToEnd()
      try file.write(contentsOf: Data([0]))
      try file.close()
      return url
    }
  }
}
