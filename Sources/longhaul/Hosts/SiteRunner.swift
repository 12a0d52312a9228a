import Foundation
import Synchronization
import Transport

/// Carries plans out over ssh: shows each command, runs it, and says what failed on which host.
struct SiteRunner {
  let site: Site
  /// Given each line about what happens.
  var report: @Sendable (String) -> Void = { StandardError.line($0) }

  /// Hosts that are worked on at the same time.
  private static let maximumHostCount = 16

  /// What a host did not do.
  struct Failure: Error {
    let host: HostName
    let text: String
  }

  // MARK: Asking

  /// Asks every host what it is and has; changes nothing.
  func survey(_ release: Release) async throws -> Survey {
    let site = site
    let hosts = try await each(site.hosts) { host -> Survey.Host in
      let basics = try await basics(of: host)
      let layout = basics.layout(usesSystemd: site.usesSystemd)
      let files = HostFiles(site, host: host, layout: layout).all.map(\.path)
      let command = HostState.command(layout, release: release.id, files: files, worker: host.name)
      let output = try await ask(host, "looks for what is there", command, layout)
      return Survey.Host(basics: basics, layout: layout, state: HostState(output, worker: host.name))
    }
    return Survey(site, release: release, hosts: hosts)
  }

  /// Where a host has what belongs to the cluster.
  func layout(of host: HostName) async throws -> HostLayout {
    try await basics(of: host).layout(usesSystemd: site.usesSystemd)
  }

  private func basics(of host: HostName) async throws -> HostBasics {
    try HostBasics(try await ask(host, "looks at the host", HostBasics.command), host: host)
  }

  /// Runs a command that changes nothing and gives its output.
  func ask(
    _ host: HostName, _ purpose: String, _ command: ShellText, _ layout: HostLayout? = nil
  ) async throws -> String {
    let step = HostStep(purpose: purpose, command: command, changes: false)
    return try await run(step, on: host, usesSudo: layout?.needsSudo == true, keys: [:], release: nil)
  }

  /// Runs a command until it ends, and gives each line of its output as it comes.
  func follow(
    _ host: HostName, _ command: ShellText, _ layout: HostLayout, _ onLine: @escaping @Sendable (String) -> Void
  ) async throws {
    var run = LocalCommand(words: words(host, command, usesSudo: layout.needsSudo))
    run.onLine = onLine
    let outcome = try await run.run()
    guard outcome.status != 0 else { return }
    let step = HostStep(purpose: "reads the log", command: command, changes: false)
    throw Failure(host: host, text: Self.text(of: step, outcome, host: host))
  }

  // MARK: Doing

  /// Carries a plan out, phase by phase. A phase begins only where the one before it was done on all hosts.
  func run(_ plan: SitePlan, _ release: Release?) async throws {
    let keys = Mutex(plan.keys)
    for phase in plan.phases {
      let plans = Dictionary(uniqueKeysWithValues: phase.map { ($0.host, $0) })
      _ = try await each(phase.map(\.host)) { host in
        guard let plan = plans[host] else { return }
        for step in plan.steps {
          report("\(host): \(step.purpose)")
          let known = keys.withLock { $0 }
          let text = step.command.text(known)
          report("\(host)\(plan.usesSudo ? "#" : "$") \(text)")
          let output = try await run(step, on: host, usesSudo: plan.usesSudo, keys: known, release: release)
          guard let name = step.captures else { continue }
          guard let entry = output.split(separator: "\n").compactMap({ HostState.key(String($0)) }).last else {
            throw Failure(host: host, text: "\(step.purpose): no public key was printed")
          }
          keys.withLock { $0[name] = entry.key }
        }
      }
    }
  }

  private func run(
    _ step: HostStep, on host: HostName, usesSudo: Bool, keys: [CapturedKey: String], release: Release?
  ) async throws -> String {
    guard step.command.keys.allSatisfy({ keys[$0] != nil }) else {
      throw Failure(host: host, text: "\(step.purpose): a public key that it needs is not known")
    }
    var command = LocalCommand(words: words(host, step.command, usesSudo: usesSudo, keys: keys))
    command.limit = step.limit
    switch step.input {
    case .nothing: break
    case .text(let text, _): command.input = .text(text)
    case .release:
      guard let release else { throw Failure(host: host, text: "\(step.purpose): there is no release to copy") }
      command.input = .program(["tar", "-C", release.folder, "-c", "-f", "-", "--"] + release.files.map(\.name))
    }
    let outcome = try await command.run()
    guard outcome.status != 0 else { return outcome.output }
    var text = Self.text(of: step, outcome, host: host)
    if let explanation = step.explanation {
      var look = LocalCommand(words: words(host, explanation, usesSudo: usesSudo, keys: keys))
      look.limit = 30
      let lines = try await look.run().output.split(separator: "\n")
      text += lines.map { "\n  \(host) | \($0)" }.joined()
    }
    throw Failure(host: host, text: text)
  }

  func words(
    _ host: HostName, _ command: ShellText, usesSudo: Bool, keys: [CapturedKey: String] = [:]
  ) -> [String] {
    let text = command.text(keys)
    return site.ssh.words(host, usesSudo ? "sudo -n sh -c \(ShellText.quoted(text))" : text)
  }

  /// Host, purpose, how it ended, its last words, and the remedy.
  static func text(of step: HostStep, _ outcome: LocalCommand.Outcome, host: HostName) -> String {
    let errors = outcome.errors.split(whereSeparator: \.isNewline).suffix(4).map { "\n  \(host) | \($0)" }.joined()
    let end =
      outcome.isLate ? "has not ended after \(step.limit) s" : "failed with status \(outcome.status)"
    let remedy = SSH.remedy(outcome.errors, host: host) ?? ProgramFailure.remedy(outcome.errors)
    return "\(host): '\(step.purpose)' \(end)" + (remedy.map { "; \($0)" } ?? "") + errors
  }

  // MARK: Hosts at the same time

  /// Calls a closure for every host, several at the same time; all end before a failure is thrown.
  /// - Throws: `CommandFailure` with what failed on each host.
  func each<Value: Sendable>(
    _ hosts: [HostName], _ body: @escaping @Sendable (HostName) async throws -> Value
  ) async throws -> [HostName: Value] {
    var (values, failures): ([HostName: Value], [HostName: any Error]) = ([:], [:])
    await withTaskGroup(of: (HostName, Result<Value, any Error>).self) { group in
      var waiting = hosts[...]
      func begin() {
        guard let host = waiting.popFirst() else { return }
        group.addTask {
          do { return (host, .success(try await body(host))) } catch { return (host, .failure(error)) }
        }
      }
      for _ in 0..<Self.maximumHostCount { begin() }
      for await (host, result) in group {
        switch result {
        case .success(let value): values[host] = value
        case .failure(let error): failures[host] = error
        }
        begin()
      }
    }
    guard !failures.isEmpty else { return values }
    let texts = hosts.compactMap { failures[$0] }.map { ($0 as? Failure)?.text ?? "\($0)" }
    throw CommandFailure(.unavailable, texts.joined(separator: "\n"))
  }
}
