import Foundation
import Inference

/// The policy part of a cluster's configuration, as `tune --write` writes it and `--config` reads it.
struct PolicyFile: Hashable {
  var groupSize: Int?
  var neighborWindow: Int?
  var trainedLength: Int?
  /// Set by `init(path:)`: what a file says stands for all requests, so text that needs no grouping gets none.
  private(set) var keepsShortTextPlain = false

  init() {}

  init(groupSize: Int?, neighborWindow: Int?, trainedLength: Int?) {
    (self.groupSize, self.neighborWindow, self.trainedLength) = (groupSize, neighborWindow, trainedLength)
  }

  init(path: String) throws {
    let values: [String: Int]
    do {
      values = try PolicyText(try PromptOptions.read(path)).values
    } catch let refusal as PolicyText.Refusal {
      throw CommandFailure(.badConfiguration, "'\(path)' \(refusal.what)")
    }
    (groupSize, neighborWindow, trainedLength) = (
      values["group_size"], values["neighbor_window"], values["trained_length"]
    )
    keepsShortTextPlain = true
  }

  /// A policy on the command line replaces the file's whole, so that no pair is half of each.
  mutating func replacePolicy(groupSize: Int?, neighborWindow: Int?) {
    (self.groupSize, self.neighborWindow, keepsShortTextPlain) = (groupSize, neighborWindow, false)
  }

  var request: PolicyRequest {
    PolicyRequest(
      groupSize: groupSize, neighborWindow: neighborWindow,
      keepsShortTextPlain: keepsShortTextPlain && groupSize != nil)
  }

  /// The model as its policies are to see it.
  func applied(to configuration: ModelConfiguration) -> ModelConfiguration {
    var configuration = configuration
    configuration.trainedLength = trainedLength ?? configuration.trainedLength
    return configuration
  }

  /// - Parameter comments: lines put before the values.
  func write(to path: String, comments: [String]) throws {
    // A star could be read as an alias.
    var lines = comments.map { "# \($0.filter { !$0.isNewline && $0 != "*" })" }
    if let groupSize { lines.append("group_size: \(groupSize)") }
    if let neighborWindow { lines.append("neighbor_window: \(neighborWindow)") }
    if let trainedLength { lines.append("trained_length: \(trainedLength)") }
    do {
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CommandFailure(.runtime, "'\(path)' cannot be written: \(error.localizedDescription)")
    }
  }
}
