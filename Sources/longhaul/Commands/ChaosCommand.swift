import ArgumentParser
import Foundation

/// `longhaul chaos`: injects faults into local workers of one cluster, to show what it survives.
struct ChaosCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract: "Injects faults into workers of a test cluster on this machine: kill, stop, cont, delay.")

  enum Fault: String, ExpressibleByArgument, CaseIterable {
    /// Kills the process, as a crash would.
    case kill
    /// Stops the process; its connections stay open.
    case stop
    /// Resumes a stopped process.
    case cont
    /// Stops the process for `--seconds`, then resumes it.
    case delay
  }

  @Argument(help: "kill, stop, cont, or delay (stop for --seconds, then cont).")
  var fault: Fault

  @Argument(help: "The worker's name. Default: a random worker each time.")
  var worker: String?

  @Option(help: "The cluster, as the --coordinator of its workers.")
  var coordinator: String

  @Option(help: "Number of faults.")
  var count: Int = 1

  @Option(help: "Seconds between faults.")
  var every: Double = 5

  @Option(help: "Duration of 'delay' in seconds.")
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
      // Resume the worker even when interrupted.
      try? await Task.sleep(for: .seconds(seconds))
      try victim.signal(SIGCONT)
    }
    StandardError.line("\(fault.rawValue) \(victim.name) (process \(victim.identifier))")
  }
}
