import ArgumentParser
import Credentials
import Foundation
import Transport

/// `longhaul join`: writes a worker's key file from its token.
struct JoinCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join", abstract: "Writes a worker's key file from a token of 'longhaul init'.")

  @Argument(help: "The token; - reads it from standard input, to keep it out of the shell's history.")
  var token: String

  @Option(help: "The file to write. Default: the worker's name with .key, in the current folder.")
  var keys: String?

  func run() throws {
    let text = token == "-" ? readLine(strippingNewline: true) ?? "" : token
    let file = try JoinToken.file(text)
    let path = keys ?? "\(file.name).key"
    try file.create(at: path)
    try StandardOutput.write(
      """
      \(path) holds the key of \(file.name) for the cluster at \(file.coordinator?.description ?? "?")
      start the worker with: longhaul worker --keys \(path)

      """)
  }
}
