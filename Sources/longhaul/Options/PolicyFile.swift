import Foundation
import Core

/// A policy in a file: `tune --write` writes it, `--config` reads it.
struct PolicyFile: Hashable {
  var groupSize: Int?
  var neighborWindow: Int?
  var trainedLength: Int?
  /// Set by `init(path:)`: a file applies to all requests, so prompts within the trained context stay plain.
  private(set) var keepsShortTextPlain = false

  init() {}

  init(groupSize: Int?, neighborWindow: Int?, trainedLength: Int?) {
    (self.groupSize, self.neighborWindow, self.trainedLength) = (groupSize, neighborWindow, trainedLength)
  }

  init(path: String) throws { try self.init(try InputFile.bytes(path), path: path) }

  /// - Parameter path: of the file, for messages.
  init(_ bytes: [UInt8], path: String) throws {
    let values: [String: Int]
    do {
      values = try PolicyText(bytes).values
    } catch {
      throw CommandFailure(.badConfiguration, "'\(path)' \(error.reason)")
    }
    (groupSize, neighborWindow, trainedLength) = (
      values["group_size"], values["neighbor_window"], values["trained_length"]
    )
    keepsShortTextPlain = true
  }

  /// A policy on the command line replaces the file's entirely, so that no pair mixes both.
  mutating func replacePolicy(groupSize: Int?, neighborWindow: Int?) {
    (self.groupSize, self.neighborWindow, keepsShortTextPlain) = (groupSize, neighborWindow, false)
  }

  var request: PolicyRequest {
    PolicyRequest(
      groupSize: groupSize, neighborWindow: neighborWindow,
      keepsShortTextPlain: keepsShortTextPlain && groupSize != nil)
  }

  /// The configuration with the trained context length of this file.
  func applied(to configuration: ModelConfiguration) -> ModelConfiguration {
    var configuration = configuration
    configuration.trainedLength = trainedLength ?? configuration.trainedLength
    return configuration
  }

  /// - Parameter comments: lines before the values.
  func write(to path: String, comments: [String]) throws {
    // YAML could read a star as an alias.
    var lines = comments.map { "# \($0.filter { !$0.isNewline && $0 != "*" })" }
    if let groupSize { lines.append("group_size: \(groupSize)") }
    if let neighborWindow { lines.append("neighbor_window: \(neighborWindow)") }
    if let trainedLength { lines.append("trained_length: \(trainedLength)") }
    try OutputFile.write((lines.joined(separator: "\n") + "\n").utf8, to: path)
  }
}
