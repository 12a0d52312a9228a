import ArgumentParser

/// Which site a command is about, and whether it only says what it would do.
struct SiteOptions: ParsableArguments {
  @Option(help: "The site's file, which 'longhaul up' writes.")
  var site = SiteFile.standard

  @Flag(help: "Look at the hosts and print the commands, but change nothing.")
  var printOnly = false

  /// Shows a plan, or carries it out.
  func carryOut(_ plan: SitePlan, of site: Site, release: Release?) async throws {
    guard !printOnly else { return try StandardOutput.write(plan.lines(site.ssh).joined(separator: "\n") + "\n") }
    try await SiteRunner(site: site).run(plan, release)
  }
}

/// How long services may take.
struct ReadyOptions: ParsableArguments {
  @Option(help: "Seconds that the cluster may take to load its model and be ready.")
  var readyTimeout = 1800

  func validate() throws {
    guard (1...86_400).contains(readyTimeout) else {
      throw ValidationError("--ready-timeout must be between 1 and 86400")
    }
  }
}
