import Foundation
import Core

/// A policy in a file: `tune --write` writes it, `--config` reads it.
struct PolicyFile: Hashable {
  private(set) var request: PolicyRequest
  var trainedLength: Int?
  /// In place of the model's scaling of RoPE; nil leaves it.
  var rope: RopeOverride?

  init(_ request: PolicyRequest = PolicyRequest(), trainedLength: Int? = nil, rope: RopeOverride? = nil) {
    (self.request, self.trainedLength, self.rope) = (request, trainedLength, rope)
  }

  init(path: String) throws { try self.init(try InputFile.bytes(path), path: path) }

  /// - Parameter path: of the file, for messages.
  init(_ bytes: [UInt8], path: String) throws {
    let text: PolicyText
    do {
      text = try PolicyText(bytes)
    } catch {
      throw CommandFailure(.badConfiguration, "'\(path)' \(error.reason)")
    }
    trainedLength = text.values["trained_length"]
    rope = text.rope
    request =
      text.policy
      ?? PolicyRequest(groupSize: text.values["group_size"], neighborWindow: text.values["neighbor_window"])
    // A file applies to all requests, so prompts within the trained context stay plain.
    request.keepsShortTextPlain = request.isFixed
  }

  /// A policy on the command line replaces the file's entirely, so that no pair mixes both.
  mutating func replacePolicy(_ request: PolicyRequest) { self.request = request }

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
    if request.method == .selfExtend {
      if let groupSize = request.groupSize { lines.append("group_size: \(groupSize)") }
      if let window = request.neighborWindow { lines.append("neighbor_window: \(window)") }
    } else {
      lines.append("policy: \(request)")
    }
    if let trainedLength { lines.append("trained_length: \(trainedLength)") }
    if let rope { lines.append("rope_scaling: \(rope)") }
    try OutputFile.write((lines.joined(separator: "\n") + "\n").utf8, to: path)
  }
}
