import Foundation

/// A model file's path as workers get it.
enum ModelPath {
  /// The whole path of a file.
  /// - Throws: `CommandFailure` for a control character, which no message between processes carries.
  static func absolute(_ path: String) throws -> String {
    let whole = URL(fileURLWithPath: path).path
    guard !whole.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw CommandFailure(
        .badConfiguration,
        "the path \(whole.debugDescription) has a control character, which no message to workers carries; rename the "
          + "file or its folder")
    }
    return whole
  }
}
