/// The files of the web page, as they were when the program was built. Plain HTML, style and modules: what is in
/// `Files` is what a browser gets.
package enum WebPage {
  package struct File: Sendable {
    /// Without folders.
    package let name: String
    package let contentType: String
    package let bytes: [UInt8]
    /// Tells versions of the file apart: hexadecimal digits.
    package let version: String

    fileprivate init(name: String, contentType: String, bytes: [UInt8]) {
      (self.name, self.contentType, self.bytes) = (name, contentType, bytes)
      // FNV-1a.
      let hash = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      version = String(hash, radix: 16)
    }
  }

  /// The page itself; it names all others.
  package static let start = "index.html"

  package static let files: [File] = [
    File(name: start, contentType: "text/html; charset=utf-8", bytes: PackageResources.index_html),
    File(name: "icon.svg", contentType: "image/svg+xml", bytes: PackageResources.icon_svg),
    style("base.css", PackageResources.base_css),
    style("chat.css", PackageResources.chat_css),
    style("cluster.css", PackageResources.cluster_css),
    script("answering.js", PackageResources.answering_js),
    script("api.js", PackageResources.api_js),
    script("app.js", PackageResources.app_js),
    script("chat.js", PackageResources.chat_js),
    script("cluster.js", PackageResources.cluster_js),
    script("composer.js", PackageResources.composer_js),
    script("conversations.js", PackageResources.conversations_js),
    script("documents.js", PackageResources.documents_js),
    script("dom.js", PackageResources.dom_js),
    script("events.js", PackageResources.events_js),
    script("format.js", PackageResources.format_js),
    script("live.js", PackageResources.live_js),
    script("markdown.js", PackageResources.markdown_js),
    script("markdownView.js", PackageResources.markdownView_js),
    script("placement.js", PackageResources.placement_js),
    script("road.js", PackageResources.road_js),
    script("settings.js", PackageResources.settings_js),
    script("sidebar.js", PackageResources.sidebar_js),
    script("stages.js", PackageResources.stages_js),
    script("timeline.js", PackageResources.timeline_js),
    script("turn.js", PackageResources.turn_js),
  ]

  private static func style(_ name: String, _ bytes: [UInt8]) -> File {
    File(name: name, contentType: "text/css; charset=utf-8", bytes: bytes)
  }

  private static func script(_ name: String, _ bytes: [UInt8]) -> File {
    File(name: name, contentType: "text/javascript; charset=utf-8", bytes: bytes)
  }
}
