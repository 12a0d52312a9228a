import Foundation
import Hub

/// A model of a hub in this machine's cache.
enum HubModel {
  static func isReference(_ text: String) -> Bool { text.hasPrefix(HubReference.prefix) }

  /// The path of a model: as it is in the cache where all of it is there, else fetched.
  /// - Parameter isRefreshed: asks the hub for a newer one, too.
  static func path(_ text: String, isOffline: Bool, isRefreshed: Bool = false) throws -> String {
    let reference = try HubReference(text)
    let settings = try HubSettings(environment: ProcessInfo.processInfo.environment, isOffline: isOffline)
    let hub = Hub(settings) { seconds in Thread.sleep(forTimeInterval: Double(seconds)) }
    if !isRefreshed, let path = hub.local(reference) { return path }
    return try InterruptibleWork.run("fetching \(reference.repository)", unit: "MiB") { progress in
      try hub.fetch(reference) { _, done, total in try progress(done >> 20, max(1, total >> 20)) }
    }
  }
}
