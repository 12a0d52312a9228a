import ArgumentParser
import Foundation
import Transport

/// `longhaul up`: a cluster over several hosts, from nothing to ready, by ssh.
struct UpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up",
    abstract: "Installs and starts a cluster on several hosts over ssh, and waits until it is ready.",
    discussion: """
      Each host needs sshd, a user whom your ssh key lets in, and nothing else: up copies this program, makes keys \
      and configuration, and starts the services, as units of systemd where the user is root or may use sudo, else \
      below the home folder. It shows every command, and what is there already stays as it is, so that a second 'up' \
      changes nothing. The site's file keeps what was asked for: 'longhaul up' alone repeats it; 'longhaul down', \
      'logs', 'upgrade', 'rotate-keys' and 'collect' read it.
      """)

  @Argument(
    help: """
      A model on the coordinator's host, by its whole path, or hf:OWNER/REPO[:QUANT|:FILE]. Default: the site's, else \
      the bundled demo model.
      """)
  var model: String?

  @Option(help: "The hosts, as ssh finds them: A,B,C or USER@A,B,C. Required for a new site.")
  var hosts: String?

  @Option(help: "The host that gets the coordinator. Default: the first.")
  var coordinator: String?

  @Flag(help: "Start no worker on the coordinator's host.")
  var coordinatorOnly = false

  @Option(
    help: """
      Where workers reach the coordinator, for example tcp://10.0.0.1:7070. Default: port 7070 of the address at which \
      ssh reaches its host.
      """)
  var listen: String?

  @Option(
    name: .customLong("serve"), help: "NAME=VALUE, a setting of 'longhaul serve' such as context=16384; repeatable.")
  var serve: [String] = []

  @Option(
    name: .customLong("worker"),
    help: "NAME=VALUE, a setting of every 'longhaul worker' such as memory=24GiB; repeatable.")
  var worker: [String] = []

  @Option(help: "The user on the hosts. Default: what ssh takes.")
  var sshUser: String?

  @Option(help: "The port of sshd. Default: what ssh takes.")
  var sshPort: String?

  @Option(name: .customLong("ssh-option"), help: "NAME=VALUE as 'ssh -o' takes it; repeatable.")
  var sshOptions: [String] = []

  @Flag(help: "Use no units of systemd: a script keeps each process, without root.")
  var withoutSystemd = false

  @Option(
    name: .customLong("network"),
    help:
      "A network beside the private ones from which the units let connections in, such as 203.0.113.0/24; repeatable.")
  var networks: [String] = []

  @Option(help: "The longhaul program to install. Default: this one.")
  var program: String?

  @OptionGroup var ready: ReadyOptions
  @OptionGroup var options: SiteOptions

  func run() async throws {
    let site = try wantedSite()
    let release = try await Release(program: program)
    let runner = SiteRunner(site: site)
    StandardError.line("longhaul: looking at \(site.hosts.map(\.description).joined(separator: ", "))")
    let survey = try await runner.survey(release)
    let plan = try survey.upPlan(readySeconds: ready.readyTimeout)
    // Before anything changes, so that 'down' works after a failure, too.
    if !options.printOnly { try SiteFile.write(site, to: options.site) }
    try await options.carryOut(plan, of: site, release: release)
    guard !options.printOnly else { return }
    if !plan.changes { StandardError.line("longhaul: nothing had to be changed") }
    for line in Self.ending(survey, site: options.site) { StandardError.line(line) }
  }

  /// What the file and the options say together; an option comes before the file.
  func wantedSite() throws -> Site {
    let kept = FileManager.default.fileExists(atPath: options.site) ? try SiteFile.read(options.site) : nil
    let listed = try hosts.map { try HostName.list($0) }
    guard var site = try kept ?? listed.map({ try Site(hosts: $0) }) else {
      throw CommandFailure(.usage, "there is no '\(options.site)'; name the hosts with --hosts A,B,C")
    }
    if let kept { try Self.require(listed ?? kept.hosts, keep: kept, coordinator: coordinator) }
    site.hosts = listed ?? site.hosts
    if let coordinator { site.coordinator = try HostName.list([coordinator])[0] }
    if coordinatorOnly { site.coordinatorWorks = false }
    if let listen { site.listen = try Endpoint(listen) }
    site.ssh = try SSH(
      user: sshUser ?? site.ssh.user, port: sshPort ?? site.ssh.port.map { "\($0)" },
      options: sshOptions.isEmpty ? site.ssh.options : sshOptions)
    if withoutSystemd { site.usesSystemd = false }
    if !networks.isEmpty { site.networks = networks }
    if let model { try site.serve.set(["model=\(model)"], option: "the model") }
    try site.serve.set(serve, option: "--serve")
    try site.worker.set(worker, option: "--worker")
    try site.check()
    return site
  }

  /// A host that leaves the list would keep its services.
  private static func require(_ hosts: [HostName], keep site: Site, coordinator: String?) throws {
    if let lost = site.hosts.first(where: { !hosts.contains($0) }) {
      throw CommandFailure(
        .usage, "'\(lost)' is a host of the site, and not among --hosts; run 'longhaul down --remove' first")
    }
    if let coordinator, coordinator != site.coordinator.description {
      throw CommandFailure(
        .usage, "the site's coordinator is \(site.coordinator); run 'longhaul down --remove' before it moves")
    }
  }

  private static func ending(_ survey: Survey, site path: String) -> [String] {
    let site = survey.site
    guard let host = survey.hosts[site.coordinator] else { return [] }
    let count = site.workers.count
    let stop = path == SiteFile.standard ? "longhaul down" : "longhaul down --site \(ShellText.quoted(path))"
    return [
      "longhaul: the cluster is ready: \(count == 1 ? "one worker" : "\(count) workers"), the API is on "
        + "\(site.coordinator) at http://\(site.http)/v1; the first line of \(host.layout.apiKeys) there is its key",
      "longhaul: from here: ssh -L 8080:\(site.http) \(site.coordinator); \(stop) stops it",
    ]
  }
}
