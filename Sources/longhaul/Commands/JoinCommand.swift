import ArgumentParser
import Credentials
import Foundation
import Transport

/// `longhaul join`: turns a token into this worker's key file.
struct JoinCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join", abstract: "Takes a token of 'longhaul init' and writes this worker's key file.")

  @Argument(help: "The token; - reads it from standard input, which keeps it out of the shell's history.")
  var token: String

  @Option(help: "The file to write. Default: the worker's name with .key, in this folder.")
  var keys: String?

  func run() throws {
    let word = token == "-" ? readLine(strippingNewline: true) ?? "" : token
    let file = try JoinToken.file(word)
    let path = keys ?? "\(file.name).key"
    try file.create(at: path)
    try StandardOutput.write(
      """
      \(path) holds the key of \(file.name) for the cluster at \(file.coordinator?.description ?? "?")
      start the worker with: longhaul worker --keys \(path)

      """)
  }
}
