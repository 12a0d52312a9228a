import ArgumentParser
import Foundation

/// `longhaul chaos`: faults on purpose, to see for oneself what a cluster survives. Only workers on this machine, of
/// the cluster named.
struct ChaosCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract: "Lets faults happen to workers of a test cluster on this machine: kill, stop, cont, delay.")

  enum Fault: String, ExpressibleByArgument, CaseIterable {
    /// Ends the process as a crash would.
    case kill
    /// The process stands still, its connections stay.
    case stop
    /// A stopped process goes on.
    case cont
    /// Stands still for `--seconds`, then goes on.
    case delay
  }

  @Argument(help: "kill, stop, cont, or delay (stop for --seconds, then cont).")
  var fault: Fault

  @Argument(help: "The worker's name. Left out: a random one each time.")
  var worker: String?

  @Option(help: "The cluster: what its workers were given as --coordinator.")
  var coordinator: String

  @Option(help: "How often.")
  var count: Int = 1

  @Option(help: "Seconds between one fault and the next.")
  var every: Double = 5

  @Option(help: "Seconds that 'delay' lasts.")
  var seconds: Double = 2

  func validate() throws {
    guard count >= 1, (0...86_400).contains(every), (0...86_400).contains(seconds) else {
      throw ValidationError("--count must be at least 1, --every and --seconds between 0 and 86400")
    }
  }

  func run() async throws {
    for index in 0..<count {
      if index > 0 { try await Task.sleep(for: .seconds(every)) }
      let processes = WorkerProcess.all(coordinator: coordinator).filter { worker == nil || $0.name == worker }
      guard let victim = processes.randomElement() else {
        let whom = worker.map { "no worker named \($0)" } ?? "no worker"
        throw CommandFailure(.unavailable, "\(whom) of the cluster at \(coordinator) runs on this machine")
      }
      try await strike(victim)
    }
  }

  private func strike(_ victim: WorkerProcess) async throws {
    switch fault {
    case .kill: try victim.signal(SIGKILL)
    case .stop: try victim.signal(SIGSTOP)
    case .cont: try victim.signal(SIGCONT)
    case .delay:
      try victim.signal(SIGSTOP)
      // Interrupted or not, it must not be left standing.
      try? await Task.sleep(for: .seconds(seconds))
      try victim.signal(SIGCONT)
    }
    StandardError.line("\(fault.rawValue) \(victim.name) (process \(victim.identifier))")
  }
}

/// A worker process on this machine, found by its command line.
private struct WorkerProcess {
  let identifier: Int32
  let name: String

  static func all(coordinator: String) -> [WorkerProcess] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.sorted().compactMap { identifier in
      guard let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(identifier)/cmdline")) else { return nil }
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      func value(of option: String) -> String? {
        words.firstIndex(of: option).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
      }
      guard words.count > 1, words[1] == "worker", words[0].hasSuffix("longhaul"),
        value(of: "--coordinator") == coordinator, let name = value(of: "--name")
      else { return nil }
      return WorkerProcess(identifier: identifier, name: name)
    }
  }

  func signal(_ number: Int32) throws {
    guard kill(identifier, number) == 0 else {
      throw CommandFailure(.runtime, "process \(identifier) takes no signal: \(String(cString: strerror(errno)))")
    }
  }
}
