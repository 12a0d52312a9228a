import Foundation
import Inference
import Yams

/// The policy part of a cluster's configuration, as `tune --write` writes it and `--config` reads it.
struct PolicyFile: Hashable {
  var groupSize: Int?
  var neighborWindow: Int?
  var trainedLength: Int?
  /// Set by `init(path:)`: what a file says stands for all requests, so text that needs no grouping gets none.
  private(set) var keepsShortTextPlain = false

  private static let maximumByteCount = 64 * 1024
  /// The keys and the smallest value of each.
  private static let smallest = ["group_size": 1, "neighbor_window": 0, "trained_length": 1]

  init() {}

  init(groupSize: Int?, neighborWindow: Int?, trainedLength: Int?) {
    (self.groupSize, self.neighborWindow, self.trainedLength) = (groupSize, neighborWindow, trainedLength)
  }

  init(path: String) throws {
    let bytes = try PromptOptions.read(path)
    guard bytes.count <= Self.maximumByteCount, let text = String(validating: bytes, as: UTF8.self) else {
      throw Self.refusal(path, "is no UTF-8 text of at most \(Self.maximumByteCount) bytes")
    }
    let values: [String: Int]
    do {
      values = try YAMLDecoder().decode([String: Int]?.self, from: text) ?? [:]
    } catch {
      throw Self.refusal(path, "is not YAML of the form 'group_size: 8', one whole number a line")
    }
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let smallest = Self.smallest[key] else {
        let known = Self.smallest.keys.sorted().joined(separator: ", ")
        throw Self.refusal(path, "has the unknown key '\(key.prefix(40))'; known: \(known)")
      }
      guard (smallest...Limits.maximumContext).contains(value) else {
        throw Self.refusal(path, "has \(key): \(value); it must be \(smallest) to \(Limits.maximumContext)")
      }
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
    var lines = comments.map { "# \($0.filter { !$0.isNewline })" }
    if let groupSize { lines.append("group_size: \(groupSize)") }
    if let neighborWindow { lines.append("neighbor_window: \(neighborWindow)") }
    if let trainedLength { lines.append("trained_length: \(trainedLength)") }
    do {
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CommandFailure(.runtime, "'\(path)' cannot be written: \(error.localizedDescription)")
    }
  }

  private static func refusal(_ path: String, _ what: String) -> CommandFailure {
    CommandFailure(.badConfiguration, "'\(path)' \(what)")
  }
}
