import ArgumentParser

/// `longhaul logs`: what the services of a site say, from all hosts.
struct LogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Shows the logs of a site's services, each line after its host's name.")

  @Argument(help: "Hosts. Default: all of the site.")
  var hosts: [String] = []

  @Option(help: "The site's file, which 'longhaul up' writes.")
  var site = SiteFile.standard

  @Option(help: "The last lines of each service.")
  var lines = 50

  @Flag(help: "Show new lines as they come, until Ctrl-C.")
  var follow = false

  func validate() throws {
    guard (0...1_000_000).contains(lines) else { throw ValidationError("--lines must be between 0 and 1000000") }
  }

  func run() async throws {
    let site = try SiteFile.read(site)
    let runner = SiteRunner(site: site)
    let wanted = try hosts.map { name in
      guard let host = site.hosts.first(where: { $0.description == name || $0.name == name }) else {
        throw CommandFailure(.usage, "'\(name.prefix(80))' is not a host of the site")
      }
      return host
    }
    _ = try await runner.each(wanted.isEmpty ? site.hosts : wanted) { host in
      let layout = try await runner.layout(of: host)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for service in site.services(on: host) {
          let command = service.log(layout, lines: lines, follows: follow)
          group.addTask {
            try await runner.follow(host, command, layout) { line in
              // A reader that has gone ends the program at the next error of ssh, or by its own signal.
              try? StandardOutput.write("\(host) \(service.name) | \(line)\n")
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }
}
