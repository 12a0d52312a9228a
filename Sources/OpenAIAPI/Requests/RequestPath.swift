/// Paths as clients spell them.
enum RequestPath {
  /// The path of a request without the slashes that clients put in excess, and without `/v1`.
  static func plain(_ path: String) -> String {
    let components = path.split(separator: "/")
    return components.dropFirst(components.first == "v1" ? 1 : 0).joined(separator: "/")
  }
}
