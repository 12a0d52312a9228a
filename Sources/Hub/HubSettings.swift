/// Where the hub is, who asks, and where files are kept: what the environment says, as for other programs.
package struct HubSettings: Sendable {
  /// Without a slash at its end.
  package var endpoint: String
  /// Sent to the endpoint alone, never to where it redirects.
  package var token: String?
  /// The folder with a folder for each repository.
  package var cache: String
  /// Asks no one: what is in the cache must do.
  package var isOffline: Bool

  /// - Throws: `HubError` where the environment has no place for files.
  package init(environment: [String: String], isOffline: Bool = false) throws(HubError) {
    func value(_ names: String...) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
    var endpoint = value("HF_ENDPOINT") ?? "https://huggingface.co"
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    self.endpoint = endpoint
    token = value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
    let home =
      value("HF_HOME") ?? value("XDG_CACHE_HOME").map { $0 + "/huggingface" }
      ?? value("HOME").map { $0 + "/.cache/huggingface" }
    guard let cache = value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? home.map({ $0 + "/hub" }) else {
      throw HubError(.disk, "there is no home folder for models; set HF_HOME to a folder")
    }
    self.cache = cache
    self.isOffline = isOffline || ["1", "on", "yes", "true"].contains(value("HF_HUB_OFFLINE")?.lowercased() ?? "")
  }
}
