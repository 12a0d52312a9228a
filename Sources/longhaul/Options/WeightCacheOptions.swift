import ArgumentParser
import Foundation
import Provisioning

/// Where weights that were fetched, and manifests that were made, are kept.
struct WeightCacheOptions: ParsableArguments {
  @Option(
    name: .customLong("cache"),
    help: """
      Folder for weights taken from the coordinator and for manifests. Default: longhaul in XDG_CACHE_HOME, or in \
      .cache of the home folder.
      """)
  var folder: String?

  /// Nil where no folder is named and the user has none.
  var cache: WeightCache? {
    (folder.map { URL(fileURLWithPath: $0).path } ?? Self.usualFolder).map { WeightCache(folder: $0) }
  }

  private static var usualFolder: String? {
    let environment = ProcessInfo.processInfo.environment
    // What is not absolute is to be ignored, says the specification.
    if let base = environment["XDG_CACHE_HOME"], base.hasPrefix("/") { return "\(base)/longhaul" }
    if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.cache/longhaul" }
    return nil
  }
}
