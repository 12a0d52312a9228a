import ArgumentParser
import Foundation
import Inference
import Tokenization
import Weights

/// Which model a command works on.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A GGUF file, or the first of a split one. Left out: the demo model that comes with the program.")
  var model: String?

  func open() throws -> Checkpoint { try Checkpoint(path: try path()) }

  func path() throws -> String {
    if let model { return model }
    guard let demo = DemoModel.path() else {
      throw CommandFailure(
        .badConfiguration,
        "the demo model is not beside the program; name a GGUF file, or reinstall with its resources folder")
    }
    return demo
  }
}

/// Where the demo model and its text lie: in the resources folder that the build puts beside the executable, or under
/// `share` of an installation.
enum DemoModel {
  /// `general.name` of its file.
  static let name = "Longhaul demo"

  static func path() -> String? { resource("longhaul-demo.gguf") }

  /// Stories of the kind it was trained on, none of them among those.
  static func textPath() -> String? { resource("demo-text.txt") }

  private static func resource(_ name: String) -> String? {
    guard let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
      return nil  // Without /proc the caller asks for a file by name.
    }
    let folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
    let places = ["longhaul_longhaul.resources/\(name)", "../share/longhaul/\(name)"]
    return places.map { folder.appendingPathComponent($0).standardizedFileURL.path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }
}
