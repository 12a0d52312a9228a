/// Where a host has what belongs to a cluster, and who keeps its processes running.
///
/// Under systemd, with root's rights, the paths, the user and the units are those of the Debian package and of
/// `deploy/systemd`. Elsewhere all is below the user's home folder.
struct HostLayout: Hashable {
  enum Keeper: Hashable {
    /// Units of systemd; commands need sudo unless the user is root.
    case systemd(needsSudo: Bool)
    /// `Files/service.sh` keeps each process.
    case script
  }

  let keeper: Keeper
  /// Releases of the program, each in a folder named by its hash.
  let releases: String
  /// The program as units and people call it: a link to a release.
  let link: String
  /// Folder of `serve.yaml`, `worker.yaml`, API keys and workers' keys.
  let configuration: String
  /// The coordinator's key and the list of workers.
  let cluster: String
  /// Weights.
  let cache: String
  /// Logs and process ids, where the script keeps processes.
  let state: String

  static func system(needsSudo: Bool) -> HostLayout {
    HostLayout(
      keeper: .systemd(needsSudo: needsSudo), releases: "/usr/lib/longhaul/releases", link: "/usr/bin/longhaul",
      configuration: "/etc/longhaul", cluster: "/var/lib/longhaul/cluster", cache: "/var/cache/longhaul",
      state: "/var/lib/longhaul")
  }

  static func home(_ home: String) -> HostLayout {
    HostLayout(
      keeper: .script, releases: "\(home)/.local/lib/longhaul/releases", link: "\(home)/.local/bin/longhaul",
      configuration: "\(home)/.config/longhaul", cluster: "\(home)/.local/state/longhaul/cluster",
      cache: "\(home)/.cache/longhaul", state: "\(home)/.local/state/longhaul")
  }

  var isSystem: Bool { keeper != .script }
  /// Whether commands are run by sudo.
  var needsSudo: Bool { keeper == .systemd(needsSudo: true) }
  var serveFile: String { "\(configuration)/serve.yaml" }
  var workerFile: String { "\(configuration)/worker.yaml" }
  var apiKeys: String { "\(configuration)/api-keys" }
  var script: String { "\(state)/service.sh" }
  func workerKey(_ name: String) -> String { "\(configuration)/workers/\(name).key" }
  func program(of release: String) -> String { "\(releases)/\(release)/longhaul" }

  /// A command that makes files of the service's user, as the service does.
  func asService(_ command: ShellText) -> ShellText { isSystem ? "runuser -u longhaul -- \(command)" : command }
}

/// A process of a cluster on a host.
enum HostService: Hashable {
  case coordinator
  case worker(String)

  /// For people, and of the script's files.
  var name: String {
    switch self {
    case .coordinator: "coordinator"
    case .worker(let name): "worker-\(name)"
    }
  }

  var unit: String {
    switch self {
    case .coordinator: "longhaul-coordinator.service"
    case .worker(let name): "longhaul-worker@\(name).service"
    }
  }

  var title: String {
    switch self {
    case .coordinator: "the coordinator"
    case .worker: "the worker"
    }
  }

  /// What systemd's units and the script's processes start alike.
  func arguments(_ layout: HostLayout) -> [String] {
    switch self {
    case .coordinator:
      [
        "serve", "--config", layout.serveFile, "--cluster", layout.cluster, "--weights-cache", layout.cache,
        "--api-keys", layout.apiKeys,
      ]
    case .worker(let name):
      [
        "worker", "--config", layout.workerFile, "--keys", layout.workerKey(name), "--weights-cache", layout.cache,
      ]
    }
  }

  // MARK: Commands

  func start(_ layout: HostLayout) -> ShellText {
    guard layout.isSystem else { return "\(layout.script) start \(name) \(layout.link) \(arguments(layout))" }
    // The unit's start lasts until a worker is registered: waiting is a step of its own.
    return "systemctl enable --quiet longhaul.target \(unit) && systemctl start --no-block \(unit)"
  }

  /// Drains, then ends the process. Units keep their own time for it.
  func stop(_ layout: HostLayout) -> ShellText {
    layout.isSystem ? "systemctl stop \(unit)" : "\(layout.script) stop \(name) 45"
  }

  /// For good, also after the host starts again.
  func remove(_ layout: HostLayout) -> ShellText {
    layout.isSystem ? "systemctl disable --quiet --now \(unit)" : stop(layout)
  }

  /// Fails where the process has ended and nothing will start it again.
  func lives(_ layout: HostLayout) -> ShellText {
    layout.isSystem ? "! systemctl is-failed --quiet \(unit)" : "\(layout.script) lives \(name)"
  }

  /// Prints the process's number; nothing where none runs.
  func processID(_ layout: HostLayout) -> ShellText {
    layout.isSystem
      ? "systemctl show --property MainPID --value \(unit) 2>/dev/null | grep -v '^0$'"
      : "{ [ ! -x \(layout.script) ] || \(layout.script) pid \(name); }"
  }

  func log(_ layout: HostLayout, lines: Int, follows: Bool = false) -> ShellText {
    if layout.isSystem {
      let follow: ShellText = follows ? " --follow" : ""
      return "journalctl --no-pager --output short-iso --lines \(lines) --unit \(unit)\(follow)"
    }
    let follow: ShellText = follows ? " -F" : ""
    return "tail -n \(lines)\(follow) \(layout.state)/\(name).log"
  }
}
