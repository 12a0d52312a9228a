import Foundation
import Glibc

/// A model file's path as workers get it.
enum ModelPath {
  /// The whole path of a file. A descriptor of this process, such as `/dev/stdin`, is another one's something else: it
  /// becomes the file behind it.
  /// - Throws: `CommandFailure` for what no message between processes carries: a control character, or bytes that are
  ///   not UTF-8.
  static func absolute(_ path: String) throws -> String {
    let isDescriptor = path.hasPrefix("/dev/") || path.hasPrefix("/proc/")
    let known = isDescriptor ? try resolved(path) : path
    if !known.hasPrefix("/") { _ = try resolved(".") }
    let whole = URL(fileURLWithPath: known).path
    guard !whole.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw CommandFailure(
        .badConfiguration,
        "the path \(whole.debugDescription) has a control character, which no message to workers carries; rename the "
          + "file or its folder")
    }
    return whole
  }

  /// Without links; the path as it was where nothing is there.
  private static func resolved(_ path: String) throws -> String {
    guard let bytes = realpath(path, nil) else { return path }
    defer { free(bytes) }
    guard let text = String(validatingCString: bytes) else {
      throw CommandFailure(
        .badConfiguration,
        "the path \(String(cString: bytes).debugDescription) is not UTF-8 text, so no message to workers carries it; "
          + "rename the file or its folder")
    }
    return text
  }
}
