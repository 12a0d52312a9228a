import Transport

/// Steps that several plans have.
extension Survey {
  /// Copies the release and sees that it runs; none where it is.
  func install(_ host: Host) -> [HostStep] {
    let layout = host.layout
    let (folder, part) = ("\(layout.releases)/\(release.id)", "\(layout.releases)/\(release.id).part")
    let program = layout.program(of: release.id)
    guard !host.state.hasRelease else { return [] }
    let rename: ShellText = release.program == "longhaul" ? "" : "mv \(release.program) longhaul && "
    return [
      HostStep(
        purpose: "copies the program, release \(release.version) (\(release.id))",
        command: """
          umask 022 && rm -rf \(part) && mkdir -p \(part) && tar -x -f - --no-same-owner -C \(part) && cd \(part) && \
          \(rename)chmod 755 longhaul
          """, input: .release, limit: 3600),
      HostStep(
        purpose: "checks the copy",
        command: """
          umask 022 && cd \(part) && cat >SHA256SUMS && sha256sum --check --quiet SHA256SUMS && rm -rf \(folder) && \
          mv \(part) \(folder)
          """, input: .text(release.sums, name: "SHA256SUMS"), limit: 600),
      HostStep(
        purpose: "runs the program",
        command: "\(program) --version || { ldd \(program) 2>&1 | grep 'not found' >&2; exit 1; }", changes: false),
    ]
  }

  /// Makes the name by which the program is called lead to the release.
  func link(_ host: Host) -> [HostStep] {
    let layout = host.layout
    if let linked = host.state.linked, isCurrent(linked) { return [] }
    let folder = String(layout.link.dropLast("/longhaul".count))
    return [
      HostStep(
        purpose: "calls the release longhaul",
        command: "mkdir -p \(folder) && ln -sfn \(layout.program(of: release.id)) \(layout.link)")
    ]
  }

  /// Files that are not there or differ.
  func changedFiles(_ files: [HostFile], _ host: Host) -> [HostFile] {
    files.filter { host.state.fileHashes[$0.path] != Release.hexadecimal(of: $0.text) }
  }

  func write(_ files: [HostFile], _ host: Host) -> [HostStep] {
    changedFiles(files, host).map { file in
      .write("writes \(file.path)", file.text, to: file.path, mode: file.mode)
    }
  }

  /// User, folders, units or script.
  func prepare(_ name: HostName, _ host: Host) -> [HostStep] {
    let files = HostFiles(site, host: name, layout: host.layout)
    var steps = write(files.base, host)
    if !steps.isEmpty {
      steps.append(
        HostStep(
          purpose: "makes the user longhaul and its folders",
          command: "systemd-sysusers longhaul.conf && systemd-tmpfiles --create longhaul.conf"))
    }
    let keepers = write(files.keepers, host)
    steps += keepers
    if host.layout.isSystem, !keepers.isEmpty {
      steps.append(HostStep(purpose: "has systemd read its units", command: "systemctl daemon-reload"))
    }
    return steps
  }

  /// Waits until a service says that it is ready.
  func awaits(_ service: HostService, _ host: Host, seconds: Int) -> HostStep {
    let address = service == .coordinator ? site.http : site.workerHTTP
    let url = "http://\(Self.probed(address))/ready"
    return HostStep(
      purpose: "waits until \(service.title) is ready",
      // It ends on the host, too, should ssh be ended before.
      command: """
        left=\(seconds); until \(host.layout.link) probe --quiet \(url) 2>/dev/null; do \
        \(service.lives(host.layout)) || { echo 'it has ended' >&2; exit 1; }; left=$((left - 1)); \
        [ $left -gt 0 ] || { echo 'it is not ready after '\(seconds)' s' >&2; exit 1; }; sleep 1; done
        """, changes: false, limit: 2 * seconds + 30, explanation: service.log(host.layout, lines: 5))
  }

  /// An address that listens everywhere is asked on loopback.
  private static func probed(_ address: String) -> String {
    for everywhere in ["0.0.0.0:", "*:", "[::]:"] where address.hasPrefix(everywhere) {
      return "127.0.0.1:" + address.dropFirst(everywhere.count)
    }
    return address
  }

  func start(_ service: HostService, _ host: Host) -> HostStep {
    HostStep(
      purpose: "starts \(service.title)", command: service.start(host.layout),
      explanation: service.log(host.layout, lines: 5))
  }

  func stop(_ service: HostService, _ host: Host) -> HostStep {
    HostStep(purpose: "drains and stops \(service.title)", command: service.stop(host.layout))
  }

  /// Makes a worker's key, in place of one that is there, and captures its public half; the secret stays on the host.
  func makeKey(_ name: HostName, _ host: Host) throws -> HostStep {
    let listen = try listen()
    let path = host.layout.workerKey(name.name)
    let folder = "\(host.layout.configuration)/workers"
    return HostStep(
      purpose: "makes the worker's key, which stays on the host",
      command: """
        umask 077 && mkdir -p \(folder) && rm -f \(path) && \(host.layout.link) keys \(path) --name \(name.name) \
        --coordinator \(listen.description) --coordinator-key \(CapturedKey.coordinator)
        """, captures: .worker(name.name))
  }

  /// Puts a worker's public key on the coordinator's list, in place of an older one.
  func admit(_ worker: HostName, _ coordinator: Host) -> HostStep {
    let layout = coordinator.layout
    let key = CapturedKey.worker(worker.name)
    return HostStep(
      purpose: "admits \(worker.name)",
      command: layout.asService("\(layout.link) init \(layout.cluster) --replace --allow \(worker.name)=\(key)"))
  }
}
