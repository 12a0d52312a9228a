import Fixtures
import Foundation
import Glibc
import Testing

/// Hosts on this machine: network namespaces on one switch, each with a home folder and an sshd of its own. An operator
/// is on the switch and has the key to all. Removed with this object, with all that runs in them.
final class SSHHosts: Sendable {
  struct Unavailable: Error {
    let what: String
  }

  struct Host: Sendable {
    let address: String
    let namespace: String
    let home: String
  }

  let folder: ScratchFolder
  let hosts: [Host]
  let operatorNamespace: String

  init(count: Int) throws {
    folder = try ScratchFolder()
    let mark = String(UInt16.random(in: 0...UInt16.max), radix: 16)
    let net = "10.\(UInt8.random(in: 100...250)).\(UInt8.random(in: 1...250))"
    let folder = folder
    hosts = (1...count).map { index in
      Host(address: "\(net).\(index)", namespace: "lh\(mark)h\(index)", home: folder.path("home-\(index)"))
    }
    operatorNamespace = "lh\(mark)s"
    try build(net: net)
    try letIn()
  }

  deinit {
    for namespace in hosts.map(\.namespace) + [operatorNamespace] {
      for process in Self.processes(in: namespace) { kill(process, SIGKILL) }
      _ = Self.run(["ip", "netns", "del", namespace])
    }
  }

  private func build(net: String) throws {
    let center = operatorNamespace
    var commands = [
      ["ip", "netns", "add", center], ["ip", "-n", center, "link", "add", "switch", "type", "bridge"],
      ["ip", "-n", center, "addr", "add", "\(net).254/24", "dev", "switch"],
      ["ip", "-n", center, "link", "set", "switch", "up"], ["ip", "-n", center, "link", "set", "lo", "up"],
    ]
    for (index, host) in hosts.enumerated() {
      commands += [
        ["ip", "netns", "add", host.namespace],
        [
          "ip", "link", "add", "port\(index)", "netns", center, "type", "veth", "peer", "name", "eth0", "netns",
          host.namespace,
        ],
        ["ip", "-n", center, "link", "set", "port\(index)", "master", "switch", "up"],
        ["ip", "-n", host.namespace, "addr", "add", "\(host.address)/24", "dev", "eth0"],
        ["ip", "-n", host.namespace, "link", "set", "lo", "up"],
        ["ip", "-n", host.namespace, "link", "set", "eth0", "up"],
      ]
    }
    for command in commands where Self.run(command) != 0 {
      throw Unavailable(what: command.joined(separator: " "))
    }
  }

  /// Keys, and an sshd a host.
  private func letIn() throws {
    // Where sshd has its children without rights; it is there wherever a package has started one.
    try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
    for name in ["id"] + hosts.map(\.namespace) {
      let command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder.path(name)]
      guard Self.run(command) == 0 else { throw Unavailable(what: "ssh-keygen") }
    }
    var known = ""
    for host in hosts {
      try FileManager.default.createDirectory(atPath: host.home, withIntermediateDirectories: true)
      let key = try String(contentsOfFile: folder.path("\(host.namespace).pub"), encoding: .utf8)
      known += "\(host.address) \(key)"
      let kept = LeftoverWatch.shared?.environment.map { "\($0)=\($1)" } ?? []
      let variables = ["HOME=\(host.home)", "SWIFT_BACKTRACE=enable=no"] + kept
      let settings = try folder.write(
        """
        ListenAddress \(host.address)
        HostKey \(folder.path(host.namespace))
        PidFile none
        AuthorizedKeysFile \(folder.path("id.pub"))
        StrictModes no
        UsePAM no
        PermitRootLogin yes
        PasswordAuthentication no
        SetEnv \(variables.joined(separator: " "))

        """, to: "\(host.namespace).conf")
      // sshd closes all files that it was given. Foundation then takes it for ended and waits for it, and sees no other
      // process end meanwhile. A shell keeps the files, and takes sshd with it.
      let sshd = Program.command(
        ["sh", "-c", "\"$@\" & wait", "sh", "ip", "netns", "exec", host.namespace, "setpriv", "--pdeathsig", "KILL"]
          + ["/usr/sbin/sshd", "-D", "-e", "-f", settings])
      sshd.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: try folder.write("", to: "sshd.log")))
      try sshd.run()
    }
    _ = try folder.write(known, to: "known_hosts")
  }

  /// How `longhaul` gets in.
  var sshOptions: [String] {
    ["IdentityFile=\(folder.path("id"))", "IdentitiesOnly=yes", "UserKnownHostsFile=\(folder.path("known_hosts"))"]
      .flatMap { ["--ssh-option", $0] }
  }

  var site: String { folder.path("site.yaml") }

  /// The program as the operator runs it, after at most `limit` seconds.
  func longhaul(_ arguments: [String], program: URL = Program.url, limit: Int = 100) async throws -> Program.Outcome {
    let name = UUID().uuidString
    let process = Program.command(
      ["timeout", "-s", "KILL", "\(limit)", "ip", "netns", "exec", operatorNamespace, program.path] + arguments)
    let (output, errors) = (try folder.write("", to: "\(name).out"), try folder.write("", to: "\(name).err"))
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    let status = try await process.runToEnd()
    return Program.Outcome(
      status: status, output: try Data(contentsOf: URL(fileURLWithPath: output)),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }

  /// A command on a host, with what it prints.
  func run(on host: Host, _ words: [String]) async throws -> (status: Int32, output: String) {
    let file = try folder.write("", to: UUID().uuidString)
    let process = Program.command(["ip", "netns", "exec", host.namespace] + words)
    process.standardOutput = FileHandle(forWritingAtPath: file)
    process.standardError = FileHandle.nullDevice
    let status = try await process.runToEnd()
    return (status, try String(contentsOfFile: file, encoding: .utf8))
  }

  /// Processes of a host that are no sshd and none of its shells, by their command lines.
  func others(on host: Host) -> [String] {
    Self.processes(in: host.namespace).compactMap { process in
      guard let data = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(process)/cmdline")) else { return nil }
      return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    }.filter { !$0.isEmpty && !$0.contains("sshd") }
  }

  static func processes(in namespace: String) -> [Int32] {
    let process = Program.command(["ip", "netns", "pids", namespace])
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
    guard (try? process.run()) != nil else { return [] }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").compactMap { Int32($0) }
  }

  private static func run(_ words: [String]) -> Int32 {
    let process = Program.command(words)
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    do { try process.run() } catch { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }

  static var areAvailable: Bool {
    ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"].allSatisfy(FileManager.default.isExecutableFile)
      && (try? SSHHosts(count: 1)) != nil
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips a test where no hosts with sshd can be made.
  static var needsSSHHosts: Self {
    .enabled("no hosts with sshd can be made, which needs root, iproute2, openssh-server and openssh-client") {
      SSHHosts.areAvailable
    }
  }
}
