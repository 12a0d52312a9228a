import Core
import Fixtures
import Foundation
import Testing

@testable import Weights

extension ScratchFolder {
  /// The configuration of a golden's folder, with one part of `config.json` replaced.
  func configuration(_ name: String, _ part: String = "", _ instead: String = "") throws -> ModelConfiguration {
    let model = try #require(try ModelFolders.read().models.first { $0.name == name })
    try #require(part.isEmpty || model.config.contains(part), "the configuration lacks \(part)")
    try model.write(to: url)
    _ = try write(part.isEmpty ? model.config : model.config.replacing(part, with: instead), to: "config.json")
    return try Checkpoint(path: url.path).configuration
  }
}
