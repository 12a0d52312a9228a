import Fixtures
import Foundation
import Testing
import Transport

@testable import longhaul

@Suite("The file of a site")
struct SiteFileTests {
  private func site(_ text: String) throws -> Site { try SiteFile.site(Array(text.utf8)) }

  private func refusal(_ text: String) -> String {
    do {
      _ = try site(text)
      return "none"
    } catch { return "\(error)" }
  }

  @Test("gives back what was written to it")
  func roundTrip() throws {
    var site = try Site(hosts: try HostName.list("a,root@b,fd00::7"))
    #expect(try self.site(SiteFile.text(of: site)) == site)
    site.coordinator = site.hosts[1]
    site.coordinatorWorks = false
    site.listen = try Endpoint("tcp://[fd00::7]:7070")
    site.ssh = try SSH(user: "me", port: "2222", options: ["IdentityFile=/home/me/my key", "Compression=yes"])
    site.usesSystemd = false
    site.networks = ["203.0.113.0/24", "2001:db8::/32"]
    try site.serve.set(
      ["model=/models/a b: c.gguf", "alias=x", "alias=7", "context=16384", "metrics=yes"], option: "--serve")
    try site.worker.set(["memory=24GiB", "log-format=json"], option: "--worker")
    #expect(try self.site(SiteFile.text(of: site)) == site)
    #expect(site.serve["metrics"] == "true" && site.worker["log_format"] == "json")
  }

  @Test(
    "is refused with its line where it cannot be meant",
    arguments: [
      ("coordinator: a", "it has no hosts"), ("hosts: [a]\nhost: b", "line 2: unknown key 'host'; did you mean hosts?"),
      ("hosts: [a, b]\ncoordinator: c", "the coordinator 'c' is not one of the hosts; add it to --hosts"),
      ("hosts: [a]\ncoordinator_works: maybe", "line 2: coordinator_works is 'maybe'; write true or false"),
      ("hosts: [a]\ncoordinator_works: false", "no host is left for a worker"),
      ("hosts: [a]\nserve: {contxt: 8}", "longhaul serve has no setting 'contxt'; did you mean context?"),
      ("hosts: [a]\nserve: {cluster: /x}", "'cluster' of longhaul serve is set by longhaul up itself; leave it out"),
      ("hosts: [a]\nworker: {memory: much}", "memory is 'much'; it must be a size such as 512MiB or 12GiB"),
      ("hosts: [a]\nserve: 7", "line 2: serve must be settings, each as 'name: value'"),
      ("hosts: ['a; reboot']", "'a; reboot' is not a host"), ("hosts: [a]\nssh_user: -oX=y", "is not a user"),
      ("hosts: [a]\nssh_port: 0", "the ssh port is '0'"), ("hosts: [a]\nssh_options: [x]", "is not an option of ssh"),
      ("hosts: [a]\nlisten: ipc:///x", "--listen is ipc:///x; write tcp://HOST:PORT"),
      ("hosts: [a]\nnetworks: [everyone]", "--network 'everyone' is not a network"),
      ("hosts: [*x]", "it has an alias"), ("- a", "it is no YAML of the form"),
      ("hosts: {a: b}", "hosts must be a text"),
    ])
  func refusals(text: String, reason: String) {
    #expect(refusal(text).contains(reason), "\(refusal(text))")
  }

  @Test("that is not there names the command that writes it")
  func missing() throws {
    let folder = try ScratchFolder()
    let error = #expect(throws: CommandFailure.self) { try SiteFile.read(folder.path("none.yaml")) }
    #expect(error?.description.contains("longhaul up --hosts") == true)
  }
}
