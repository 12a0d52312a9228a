import ArgumentParser
import Foundation
import WeightDistribution

/// Folder of the weights cache: downloaded weights and manifests.
struct WeightsCacheOptions: ParsableArguments {
  @Option(
    name: [.customLong("weights-cache"), .customLong("cache")],
    help: """
      Folder of downloaded weights and manifests. Default: longhaul in XDG_CACHE_HOME, or in .cache of the home \
      folder.
      """)
  var folder: String?

  /// Nil when no folder is given and the user has no home folder.
  var cache: BlobStore? {
    (folder.map { URL(fileURLWithPath: $0).path } ?? Self.defaultFolder).map { BlobStore(folder: $0) }
  }

  static var defaultFolder: String? {
    let environment = ProcessInfo.processInfo.environment
    // The specification says to ignore relative paths.
    if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") { return "\(base)/longhaul" }
    if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.cache/longhaul" }
    return nil
  }
}
