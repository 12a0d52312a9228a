import Fixtures
import Foundation
package import Testing

extension Trait where Self == ConditionTrait {
  /// Skips a test on machines without these files or folders of `shared`, and names the first that is missing.
  package static func needsShared(_ files: String...) -> Self {
    let missing = files.first { !SharedFiles.exists($0) }
    return .enabled(if: missing == nil, "shared/\(missing ?? "") is not beside the project")
  }

  /// Skips a test unless an environment variable names `what` it needs.
  package static func needsVariable(_ name: String, naming what: String) -> Self {
    .enabled(if: ProcessInfo.processInfo.environment[name] != nil, "\(name) does not name \(what)")
  }
}
