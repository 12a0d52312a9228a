import ArgumentParser
import Foundation

/// `longhaul down`: stops what `up` started.
struct DownCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down",
    abstract: "Stops the cluster that 'longhaul up' started; running requests may end first.")

  @Flag(
    help: """
      Remove the program, keys, configuration, logs and weights from the hosts, too, and the site's file here. Models \
      stay.
      """)
  var remove = false

  @OptionGroup var options: SiteOptions

  func run() async throws {
    let site = try SiteFile.read(options.site)
    let survey = try await SiteRunner(site: site).survey(try await Release(program: nil))
    let plan = survey.downPlan(removes: remove)
    try await options.carryOut(plan, of: site, release: nil)
    guard !options.printOnly else { return }
    if !plan.changes { StandardError.line("longhaul: nothing ran") }
    if remove, unlink(options.site) != 0 {
      throw CommandFailure(.runtime, "'\(options.site)' cannot be removed: \(String(cString: strerror(errno)))")
    }
    StandardError.line(
      remove ? "longhaul: the cluster is gone" : "longhaul: the cluster is down; 'longhaul up' starts it")
  }
}
