import ArgumentParser

/// `longhaul probe`: whether a server says that it is well, for health checks of containers.
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Asks a probe of a server or worker, and exits with 0 where it answers that all is well, else with 69.")

  @Argument(help: "The probe, for example http://127.0.0.1:8080/ready.")
  var url = "http://127.0.0.1:8080/health"

  @Option(help: "Seconds to wait for the answer.")
  var timeout = 5

  @Flag(help: "Take any certificate: for a probe of this machine, whose certificate bears another name.")
  var insecure = false

  @Flag(help: "Print nothing.")
  var quiet = false

  func validate() throws {
    guard (1...3600).contains(timeout) else { throw ValidationError("--timeout must be between 1 and 3600") }
  }

  func run() throws {
    var query = try HTTPQuery(url)
    query.checksCertificate = !insecure
    let answer = try query.answer(within: timeout)
    let text = String(decoding: answer.body, as: UTF8.self).prefix(2000)
    guard (200..<300).contains(answer.status) else {
      throw CommandFailure(.unavailable, "\(url) answers with \(answer.status): \(text.filter { !$0.isNewline })")
    }
    if !quiet { try StandardOutput.write(text.hasSuffix("\n") ? String(text) : text + "\n") }
  }
}
