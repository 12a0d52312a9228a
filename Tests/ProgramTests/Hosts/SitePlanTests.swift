import Fixtures
import Foundation
import Testing
import Transport

@testable import longhaul

@Suite("The plan of a site")
struct SitePlanTests {
  private static let site: Site = {
    do { return try Site(hosts: try HostName.list("a,b,c")) } catch { preconditionFailure("\(error)") }
  }()

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Goldens")

  /// Compares with a file of `Goldens`, or rewrites it.
  private func expect(_ plan: SitePlan, is name: String) throws {
    let url = Self.folder.appendingPathComponent(name)
    let text = plan.lines(Self.site.ssh).joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["LONGHAUL_REWRITE_PAGES"] != nil {
      try Data(text.utf8).write(to: url)
    }
    #expect(try String(contentsOf: url, encoding: .utf8) == text)
  }

  private static let answers = [("systemd", SamplePlans.withSystemd), ("script", SamplePlans.without)]

  @Test("from nothing copies, makes keys, configures, starts and waits, in this order", arguments: answers)
  func fromNothing(name: String, answers: String) throws {
    var site = Self.site
    try site.serve.set(["model=/models/big model.gguf", "context=16384"], option: "--serve")
    let survey = try SamplePlans.survey(site, answers: answers) { _, _, _ in HostState() }
    try expect(try survey.upPlan(readySeconds: 600), is: "up-\(name).txt")
  }

  @Test("changes nothing where everything is as it should be", arguments: answers)
  func again(name: String, answers: String) throws {
    let survey = try SamplePlans.survey(Self.site, answers: answers, state: SamplePlans.done(Self.site))
    let plan = try survey.upPlan(readySeconds: 600)
    #expect(!plan.changes)
    #expect(plan.steps.map(\.purpose).allSatisfy { $0.hasPrefix("waits until") })
  }

  @Test("stops, upgrades and rotates keys as these pages show", arguments: answers)
  func others(name: String, answers: String) throws {
    let done = SamplePlans.done(Self.site)
    let survey = try SamplePlans.survey(Self.site, answers: answers, state: done)
    try expect(survey.downPlan(removes: true), is: "down-\(name).txt")
    try expect(try survey.rotationPlan(readySeconds: 600), is: "rotate-\(name).txt")
    let older = try SamplePlans.survey(Self.site, answers: answers) { index, host, layout in
      var state = done(index, host, layout)
      state.hasRelease = false
      state.linked = layout.program(of: "0123456789abcdef")
      state.running = state.running.mapValues { _ in layout.program(of: "0123456789abcdef") }
      return state
    }
    try expect(try older.upgradePlan(keepsCoordinator: false, readySeconds: 600), is: "upgrade-\(name).txt")
    let kept = try older.upgradePlan(keepsCoordinator: true, readySeconds: 600)
    #expect(!kept.steps.contains { $0.purpose.contains("stops the coordinator") })
    #expect(try !survey.upgradePlan(keepsCoordinator: false, readySeconds: 600).changes)
    let stopped = try SamplePlans.survey(Self.site, answers: answers) { _, _, _ in HostState() }
    #expect(throws: CommandFailure.self) { try stopped.upgradePlan(keepsCoordinator: false, readySeconds: 600) }
  }

  @Test("starts again only the service whose settings have changed")
  func changedSettings() throws {
    var site = Self.site
    try site.worker.set(["threads=4"], option: "--worker")
    let survey = try SamplePlans.survey(site, answers: SamplePlans.without, state: SamplePlans.done(Self.site))
    let changes = try survey.upPlan(readySeconds: 600).steps.filter(\.changes).map(\.purpose)
    let each = ["drains and stops the worker", "starts the worker"]
    #expect(changes.filter { !$0.hasPrefix("writes ") } == each + each + each)
    #expect(changes.count(where: { $0 == "writes /home/me/.config/longhaul/worker.yaml" }) == 3)
  }

  @Test("starts workers again with the coordinator, which has them stop")
  func changedCoordinator() throws {
    var site = Self.site
    try site.serve.set(["context=1024"], option: "--serve")
    let survey = try SamplePlans.survey(site, answers: SamplePlans.without, state: SamplePlans.done(Self.site))
    let changes = try survey.upPlan(readySeconds: 600).steps.filter(\.changes).map(\.purpose)
    #expect(changes.count(where: { $0 == "starts the coordinator" }) == 1)
    #expect(changes.count(where: { $0 == "starts the worker" }) == 3)
  }

  @Test("makes a worker's key again that is for another cluster, and admits it in place of the old one")
  func staleKey() throws {
    let survey = try SamplePlans.survey(Self.site, answers: SamplePlans.without) { index, host, layout in
      var state = SamplePlans.done(Self.site)(index, host, layout)
      if host.name == "b" { state.workerFor = SamplePlans.keys[3] }
      return state
    }
    let plan = try survey.upPlan(readySeconds: 600)
    #expect(
      plan.steps.filter(\.changes).map(\.purpose) == [
        "makes the worker's key, which stays on the host", "admits b", "drains and stops the worker",
        "starts the worker",
      ])
    #expect(plan.keys[.worker("b")] == nil)
  }

  @Test("needs no public key that no earlier step prints")
  func keysComeBefore() throws {
    for (_, answers) in Self.answers {
      let survey = try SamplePlans.survey(Self.site, answers: answers) { _, _, _ in HostState() }
      let plan = try survey.upPlan(readySeconds: 600)
      var known = Set(plan.keys.keys)
      for phase in plan.phases {
        for host in phase {
          for step in host.steps { #expect(step.command.keys.isSubset(of: known), "\(step.purpose)") }
        }
        known.formUnion(phase.flatMap(\.steps).compactMap(\.captures))
      }
    }
  }

  @Test("is refused where another program or release is, by the host's name")
  func refusals() throws {
    func refusal(_ change: @escaping (inout HostState) -> Void) throws -> String {
      let survey = try SamplePlans.survey(Self.site, answers: SamplePlans.without) { index, host, layout in
        var state = SamplePlans.done(Self.site)(index, host, layout)
        if host.name == "b" { change(&state) }
        return state
      }
      return try #require(#expect(throws: CommandFailure.self) { try survey.upPlan(readySeconds: 1) }).description
    }
    #expect(
      try refusal { $0.linked = "/usr/lib/longhaul/longhaul" }.hasPrefix("b: /home/me/.local/bin/longhaul leads to"))
    #expect(try refusal { $0.running[.worker("b")] = "/x/releases/0/longhaul" }.contains("run 'longhaul upgrade'"))
  }

  @Test("needs an address of the coordinator that other hosts reach")
  func addresses() throws {
    func listen(_ address: String?, _ site: Site = Self.site, known: String? = nil) throws -> String {
      try SamplePlans.survey(site, answers: SamplePlans.without, address: address) { _, _, _ in
        var state = HostState()
        state.listen = known
        return state
      }.listen().description
    }
    #expect(try listen("10.0.0.1") == "tcp://10.0.0.1:7070")
    #expect(try listen("fd00::7") == "tcp://[fd00::7]:7070")
    #expect(try listen("10.0.0.1", known: "tcp://10.9.9.9:7071") == "tcp://10.9.9.9:7071")
    #expect(throws: CommandFailure.self) { try listen("127.0.0.1") }
    #expect(throws: CommandFailure.self) { try listen(nil) }
    var other = Self.site
    other.listen = try Endpoint("tcp://10.0.0.2:7070")
    #expect(try listen("127.0.0.1", other) == "tcp://10.0.0.2:7070")
    #expect(throws: CommandFailure.self) { try listen("10.0.0.1", other, known: "tcp://10.0.0.1:7070") }
    #expect(try listen("127.0.0.1", Site(hosts: [HostName("a")])) == "tcp://127.0.0.1:7070")
  }
}

@Suite("What a host answers")
struct HostReadingTests {
  private let host: HostName

  init() throws { host = try HostName("a") }

  @Test("chooses units where there is systemd and a right to it, else the home folder")
  func layouts() throws {
    func layout(_ answers: String, usesSystemd: Bool = true) throws -> HostLayout {
      try HostBasics("machine Linux x86_64\n" + answers, host: host).layout(usesSystemd: usesSystemd)
    }
    #expect(try layout("user 0\nhome /root\nsystemd") == .system(needsSudo: false))
    #expect(try layout("user 7\nhome /home/me\nsystemd\nsudo") == .system(needsSudo: true))
    #expect(try layout("user 7\nhome /home/me\nsystemd") == .home("/home/me"))
    #expect(try layout("user 0\nhome /root") == .home("/root"))
    #expect(try layout("user 0\nhome /root\nsystemd", usesSystemd: false) == .home("/root"))
  }

  @Test(
    "that is no Linux host with the tools is refused",
    arguments: [
      ("", "no sensible answer"), ("machine Darwin arm64\nuser 1\nhome /x", "Longhaul is for Linux"),
      ("machine Linux x86_64\nuser 1\nhome x", "no sensible answer"),
      ("machine Linux x86_64\nuser 1\nhome /x\nmissing tar\nmissing setsid", "it has no tar, setsid"),
    ])
  func refusals(output: String, reason: String) {
    let error = #expect(throws: CommandFailure.self) { try HostBasics(output, host: host) }
    #expect(error?.description.contains(reason) == true)
  }

  @Test("of a cluster is read line by line, and what is no answer is left out")
  func state() {
    let key = SamplePlans.keys[1]
    let state = HostState(
      """
      release
      linked /x/releases/0/longhaul
      coordinator-file
      listen tcp://10.0.0.1:7070
      coordinator-key coordinator \(key)
      admitted a \(key)
      admitted b nonsense
      worker-file
      worker-key a \(key)
      worker-for \(key)
      worker-listen tcp://10.0.0.1:7070
      api-keys
      coordinator-runs /x/releases/0/longhaul
      file \(key)  /etc/longhaul/serve.yaml
      welcome to this host\u{1B}[0m
      """, worker: "a")
    #expect(state.hasRelease && state.hasCoordinatorKey && state.hasWorkerKey && state.hasAPIKeys)
    #expect(state.coordinatorKey == key && state.workerKey == key && state.workerFor == key)
    #expect(state.admitted == ["a": key])
    #expect(state.running == [.coordinator: "/x/releases/0/longhaul"])
    #expect(state.fileHashes == ["/etc/longhaul/serve.yaml": key])
    #expect(HostState("", worker: "a") == HostState())
  }
}

@Suite("Why something failed on a host")
struct HostFailureTests {
  @Test(
    "names the package of a library that the program lacks there",
    arguments: [
      ("error while loading shared libraries: libzmq.so.5: cannot open shared object file", "apt-get install libzmq5"),
      ("\tlibzmq.so.5 => not found\n\tlibprotobuf-c.so.1 => not found", "apt-get install libprotobuf-c1 libzmq5"),
      ("\tlibswiftCore.so => not found", "it lacks Swift's libraries"),
      ("\tlibodd.so.3 => not found", "install the packages that have libodd.so.3"),
      ("/lib/libc.so.6: version `GLIBC_2.38' not found", "its C library is older"),
      ("sh: 1: longhaul: Exec format error", "for another processor"),
    ])
  func programs(errors: String, remedy: String) {
    #expect(ProgramFailure.remedy(errors)?.contains(remedy) == true)
  }

  @Test("is left open where nothing is known")
  func unknown() throws {
    #expect(ProgramFailure.remedy("No such file or directory") == nil)
    #expect(SSH.remedy("something else", host: try HostName("a")) == nil)
    #expect(SSH.remedy("ssh: Could not resolve hostname a", host: try HostName("a"))?.contains("--hosts") == true)
  }
}
