import ArgumentParser

/// `longhaul upgrade`: another release on a running site, worker by worker.
struct UpgradeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "upgrade",
    abstract: "Installs this release on the hosts of a running site, one worker at a time, without losing a request.",
    discussion: """
      Each worker is drained, started with the new release and ready before the next one is touched: requests pause \
      and resume. The coordinator comes last: it lets running requests end, and refuses new ones for the seconds of \
      its restart. For releases of one protocol version; of another, 'longhaul down' and 'longhaul up'.
      """)

  @Option(help: "The longhaul program to install. Default: this one.")
  var program: String?

  @Flag(help: "Leave the coordinator as it is, so that not even a new request is refused.")
  var workersOnly = false

  @OptionGroup var ready: ReadyOptions
  @OptionGroup var options: SiteOptions

  func run() async throws {
    let site = try SiteFile.read(options.site)
    let release = try await Release(program: program)
    let survey = try await SiteRunner(site: site).survey(release)
    let plan = try survey.upgradePlan(keepsCoordinator: workersOnly, readySeconds: ready.readyTimeout)
    try await options.carryOut(plan, of: site, release: release)
    guard !options.printOnly else { return }
    StandardError.line(
      plan.changes
        ? "longhaul: release \(release.version) (\(release.id)) runs" : "longhaul: nothing had to be changed")
  }
}

/// `longhaul rotate-keys`: new keys for the workers of a running site.
struct RotateKeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-keys",
    abstract: "Gives the workers of a running site new keys, one after the other; requests pause and resume.",
    discussion: """
      The coordinator's own key names the cluster and stays; for a new one run 'longhaul down --remove' and 'longhaul \
      up'.
      """)

  @OptionGroup var ready: ReadyOptions
  @OptionGroup var options: SiteOptions

  func run() async throws {
    let site = try SiteFile.read(options.site)
    let survey = try await SiteRunner(site: site).survey(try await Release(program: nil))
    let plan = try survey.rotationPlan(readySeconds: ready.readyTimeout)
    try await options.carryOut(plan, of: site, release: nil)
    if !options.printOnly { StandardError.line("longhaul: \(site.workers.count) workers have new keys") }
  }
}
