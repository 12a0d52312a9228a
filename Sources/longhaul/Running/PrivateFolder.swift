import Foundation

/// A folder for sockets that only this user can enter. Its path is short: a socket's path has at most 107 bytes.
struct PrivateFolder {
  let path: String

  init() throws {
    var template = Array("\(NSTemporaryDirectory())/longhaul-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else {
      throw CommandFailure(.runtime, "cannot create a folder for sockets in \(NSTemporaryDirectory()); set TMPDIR")
    }
    path = String(cString: made)
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: path)  // A leftover in the temporary folder is harmless.
  }
}
