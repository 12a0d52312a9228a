import ArgumentParser
import Foundation

/// `longhaul collect`: one archive with what a report of a fault needs from every host of a site.
struct CollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract:
      "Writes an archive with versions, logs, settings and machine data of a site's hosts, for a report of a fault.",
    discussion: """
      Keys are not read, prompts and answers are in no log, and what looks like a secret is removed. Read the files \
      before you send them: they name hosts and addresses.
      """)

  @Option(help: "The site's file, which 'longhaul up' writes.")
  var site = SiteFile.standard

  @Option(name: .shortAndLong, help: "The archive. Default: longhaul-support-TIME.tar.gz in this folder.")
  var output: String?

  func run() async throws {
    let site = try SiteFile.read(self.site)
    let runner = SiteRunner(site: site)
    let texts = try await runner.each(site.hosts) { host -> String in
      // A host that is gone is what such a report is about.
      do {
        let layout = try await runner.layout(of: host)
        return try await runner.ask(
          host, "collects", SupportReport.command(site, host: host, layout: layout), layout)
      } catch { return "\((error as? SiteRunner.Failure)?.text ?? "\(error)")\n" }
    }
    let path = try await archive(texts, site)
    StandardError.line("longhaul: \(path) holds the report of \(site.hosts.count) hosts")
  }

  private func archive(_ texts: [HostName: String], _ site: Site) async throws -> String {
    let time = Date.now.formatted(.iso8601.timeSeparator(.omitted).dateSeparator(.omitted))
    let path = output ?? "longhaul-support-\(time).tar.gz"
    let folder = try PrivateFolder()
    defer { folder.remove() }
    for (host, text) in texts {
      try OutputFile.write(Redaction.cleaned(text).utf8, to: "\(folder.path)/\(host.name).txt")
    }
    try OutputFile.write(Redaction.cleaned(SiteFile.text(of: site)).utf8, to: "\(folder.path)/site.yaml")
    let outcome = try await LocalCommand(
      words: ["sh", "-c", "umask 077 && exec tar -czf \(ShellText.quoted(path)) -C \(ShellText.quoted(folder.path)) ."]
    ).run()
    guard outcome.status == 0 else {
      throw CommandFailure(.runtime, "'\(path)' cannot be written: \(outcome.errors.filter { !$0.isNewline })")
    }
    return path
  }
}
