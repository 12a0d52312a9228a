/// How hosts are reached: by the system's own ssh, so that the user's configuration, agent and known hosts apply.
struct SSH: Hashable {
  /// Nil: what ssh takes.
  var user: String?
  var port: UInt16?
  /// As `ssh -o` takes them, such as `IdentityFile=~/.ssh/cluster`.
  var options: [String] = []

  init() {}

  /// - Throws: `CommandFailure` for what ssh would take for something else.
  init(user: String?, port: String?, options: [String]) throws {
    if let user, !Self.isPlain(user) {
      throw CommandFailure(.usage, "'\(user.prefix(80))' is not a user; write letters, digits, '.', '-' and '_'")
    }
    self.user = user
    self.port = try port.map { text in
      guard let port = UInt16(text), port > 0 else {
        throw CommandFailure(.usage, "the ssh port is '\(text.prefix(40))'; it must be a number from 1 to 65535")
      }
      return port
    }
    for option in options {
      let name = option.prefix { $0 != "=" && $0 != " " }
      let isText = !option.unicodeScalars.contains { $0.properties.generalCategory == .control }
      guard !name.isEmpty, name.allSatisfy(\.isLetter), name.count < option.count, isText else {
        throw CommandFailure(.usage, "'\(option.prefix(80))' is not an option of ssh; write NAME=VALUE")
      }
    }
    self.options = options
  }

  /// The words that run a shell's command on a host. It takes no password: a key or an agent has to let it in, and
  /// a host that falls silent ends it.
  func words(_ host: HostName, _ command: String) -> [String] {
    start + ["--", host.description, "sh -c " + ShellText.quoted(command)]
  }

  /// All words before the host.
  var start: [String] {
    // Of doubled options ssh takes the first.
    let all = options + ["BatchMode=yes", "ConnectTimeout=15", "ServerAliveInterval=15", "ServerAliveCountMax=4"]
    return ["ssh", "-T"] + (user.map { ["-l", $0] } ?? []) + (port.map { ["-p", "\($0)"] } ?? [])
      + all.flatMap { ["-o", $0] }
  }

  private static func isPlain(_ user: String) -> Bool {
    !user.isEmpty && user.utf8.count <= 64 && !user.hasPrefix("-")
      && user.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || "-_.".utf8.contains(byte)
      }
  }

  // MARK: Failures

  /// What to do about ssh's own failure, by what it said; nil for a failure of the command.
  static func remedy(_ errors: String, host: HostName) -> String? {
    let remedies = [
      ("Host key verification failed", "connect once by hand, 'ssh \(host)', and accept its key"),
      ("REMOTE HOST IDENTIFICATION HAS CHANGED", "see why its key changed, then 'ssh-keygen -R \(host)'"),
      (
        "Permission denied",
        "let your key in with 'ssh-copy-id \(host)', and unlock it with ssh-add; --ssh-user sets the user"
      ),
      ("Could not resolve hostname", "check the name in --hosts, or name its address in ~/.ssh/config"),
      ("Connection refused", "start sshd there, or pass its port with --ssh-port"),
      ("No route to host", "check that the host runs and the network reaches it"),
      ("timed out", "check that the host runs and no firewall is before it"),
      ("Bad configuration option", "mend --ssh-option, or ~/.ssh/config"),
    ]
    return remedies.first { errors.contains($0.0) }?.1
  }
}
