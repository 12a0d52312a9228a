import Foundation
import Transport

/// A folder for sockets that only this user can enter.
struct PrivateFolder {
  let path: String

  /// - Parameter temporary: the folder in which it is made.
  /// - Throws: `CommandFailure` that names TMPDIR where no socket can be in there, or no folder.
  init(in temporary: String = NSTemporaryDirectory()) throws {
    let parent = temporary.hasSuffix("/") ? String(temporary.dropLast()) : temporary
    do {
      _ = try Endpoint("ipc://\(parent)/longhaul-XXXXXX/\(Self.longestName)")
    } catch {
      throw CommandFailure(
        .badConfiguration,
        "\(parent.debugDescription) cannot be the folder for sockets: \(error.reason); set TMPDIR to another folder")
    }
    var template = Array("\(parent)/longhaul-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      throw CommandFailure(
        .runtime,
        "cannot create a folder for sockets in \(temporary): \(String(cString: strerror(errno))); set TMPDIR to "
          + "another folder")
    }
    path = String(cString: made)
  }

  /// The longest name of a socket in it.
  private static let longestName = "stage-9999"

  func remove() {
    try? FileManager.default.removeItem(atPath: path)  // A leftover in the temporary folder is harmless.
  }
}
