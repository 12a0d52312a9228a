import Transport

/// What a host is, before anything is known of a cluster there: the first thing that it is asked.
struct HostBasics: Hashable {
  let machine: String
  let isRoot: Bool
  let home: String
  let hasSystemd: Bool
  let canSudo: Bool
  /// Programs that it lacks.
  let missing: [String]
  /// Its address on the way that ssh takes.
  let address: String?

  /// Prints a line for each; changes nothing.
  static let command: ShellText = """
    echo "machine $(uname -sm)"; echo "user $(id -u)"; echo "home $HOME"; \
    set -- $SSH_CONNECTION; echo "address ${3:-}"; \
    [ ! -d /run/systemd/system ] || echo systemd; \
    [ "$(id -u)" = 0 ] || ! sudo -n true 2>/dev/null || echo sudo; \
    for tool in tar sha256sum setsid; do command -v $tool >/dev/null || echo "missing $tool"; done
    """

  /// - Throws: `CommandFailure` for a host that cannot be one.
  init(_ output: String, host: HostName) throws {
    let lines = ReadingLines(output)
    func refuse(_ reason: String) -> CommandFailure { CommandFailure(.unavailable, "\(host): \(reason)") }
    let system = lines.first("machine")?.split(separator: " ").map(String.init) ?? []
    guard system.count == 2, let user = lines.first("user"), let home = lines.first("home"), home.hasPrefix("/") else {
      throw refuse("its shell gives no sensible answer: '\(output.prefix(200).filter { !$0.isNewline })'")
    }
    guard system[0] == "Linux" else { throw refuse("it runs \(system[0]); Longhaul is for Linux") }
    (machine, isRoot, self.home) = (system[1], user == "0", home == "/" ? "" : home)
    (hasSystemd, canSudo) = (lines.has("systemd"), lines.has("sudo"))
    missing = lines.all("missing")
    address = lines.first("address")
    guard missing.isEmpty else {
      throw refuse("it has no \(missing.joined(separator: ", ")); run there: apt-get install tar coreutils util-linux")
    }
  }

  /// - Parameter usesSystemd: whether the site wants units where they can be.
  func layout(usesSystemd: Bool) -> HostLayout {
    usesSystemd && hasSystemd && (isRoot || canSudo) ? .system(needsSudo: !isRoot) : .home(home)
  }
}

/// What a host has of a cluster.
struct HostState: Hashable {
  /// Whether it has the release, undamaged.
  var hasRelease = false
  /// Where the program's link leads; nil without one.
  var linked: String?
  /// Hashes of files, by path; those that are not there have none.
  var fileHashes: [String: String] = [:]
  var hasCoordinatorKey = false
  /// Nil also where no program is there to read it.
  var coordinatorKey: String?
  /// The address that the coordinator's key has for workers.
  var listen: String?
  /// Public keys that the coordinator admits, by worker.
  var admitted: [String: String] = [:]
  var hasWorkerKey = false
  var workerKey: String?
  /// The public key and the address of the coordinator that the worker's key is for.
  var workerFor: String?
  var workerListen: String?
  var hasAPIKeys = false
  /// Executables of processes that run.
  var running: [HostService: String] = [:]

  init() {}

  /// Prints what there is, a line for each; changes nothing, and prints no secret.
  static func command(_ layout: HostLayout, release: String, files: [String], worker: String) -> ShellText {
    let key = layout.workerKey(worker)
    let coordinatorKey = "\(layout.cluster)/coordinator.key"
    var parts: [ShellText] = [
      """
      { cd \(layout.releases)/\(release) 2>/dev/null && sha256sum --check --status SHA256SUMS && echo release; \
      cd /; }; \
      program=\(layout.program(of: release)); [ -x "$program" ] || program=\(layout.link); \
      [ ! -e \(layout.link) ] || echo "linked $(readlink -f \(layout.link))"
      """,
      """
      [ ! -e \(coordinatorKey) ] || { echo coordinator-file; \
      sed -n 's/^coordinator /listen /p' \(coordinatorKey); \
      "$program" keys \(coordinatorKey) 2>/dev/null | sed 's/^/coordinator-key /'; \
      sed -n '/^[^#]/s/^/admitted /p' \(layout.cluster)/workers 2>/dev/null; }
      """,
      """
      [ ! -e \(key) ] || { echo worker-file; "$program" keys \(key) 2>/dev/null | sed 's/^/worker-key /'; \
      sed -n 's/^coordinator-key /worker-for /p; s/^coordinator /worker-listen /p' \(key); }
      """,
      "[ ! -e \(layout.apiKeys) ] || echo api-keys",
    ]
    for service in [HostService.coordinator, .worker(worker)] {
      let line = service == .coordinator ? "coordinator-runs" : "worker-runs"
      parts.append(
        "pid=$(\(service.processID(layout))); [ -z \"$pid\" ] || echo \"\(line) $(readlink /proc/$pid/exe)\"")
    }
    if !files.isEmpty { parts.append("sha256sum -- \(files) 2>/dev/null | sed 's/^/file /'") }
    parts.append("true")
    return parts.dropFirst().reduce(parts[0]) { "\($0); \($1)" }
  }

  init(_ output: String, worker: String) {
    let lines = ReadingLines(output)
    hasRelease = lines.has("release")
    linked = lines.first("linked")
    hasCoordinatorKey = lines.has("coordinator-file")
    coordinatorKey = lines.first("coordinator-key").flatMap(Self.key)?.key
    listen = lines.first("listen")
    for line in lines.all("admitted") { if let entry = Self.key(line) { admitted[entry.name] = entry.key } }
    hasWorkerKey = lines.has("worker-file")
    workerKey = lines.first("worker-key").flatMap(Self.key)?.key
    (workerFor, workerListen) = (lines.first("worker-for"), lines.first("worker-listen"))
    hasAPIKeys = lines.has("api-keys")
    for line in lines.all("file") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      if parts.count == 2 { fileHashes[String(parts[1].drop { $0 == " " || $0 == "*" })] = parts[0] }
    }
    if let program = lines.first("coordinator-runs") { running[.coordinator] = program }
    if let program = lines.first("worker-runs") { running[.worker(worker)] = program }
  }

  /// `NAME KEY`, as `longhaul keys` and the list of workers have it.
  static func key(_ line: String) -> (name: String, key: String)? {
    let words = line.split(separator: " ")
    guard words.count == 2, PublicKey(words[1]) != nil else { return nil }
    return (String(words[0]), String(words[1]))
  }
}

/// A host's answers: `NAME VALUE` or `NAME`, one a line. Lines with control characters are none.
private struct ReadingLines {
  private let lines: [(name: String, value: String)]

  init(_ output: String) {
    lines = output.split(separator: "\n").compactMap { line in
      guard !line.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return nil }
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return (parts[0], parts.count == 2 ? parts[1] : "")
    }
  }

  func all(_ name: String) -> [String] { lines.filter { $0.name == name && !$0.value.isEmpty }.map(\.value) }
  func first(_ name: String) -> String? { all(name).first }
  func has(_ name: String) -> Bool { lines.contains { $0.name == name } }
}
