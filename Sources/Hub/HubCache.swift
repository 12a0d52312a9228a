import Foundation

/// The folder of a repository in the hub's cache, in the layout that the hub's own programs share: `blobs` has files by
/// their hashes, `snapshots` names them by links for each commit, `refs` says which commit a name is.
struct HubCache {
  let folder: String

  init(_ settings: HubSettings, repository: String) {
    folder = settings.cache + "/models--" + repository.split(separator: "/").joined(separator: "--")
  }

  func blob(_ file: HubFile) -> String { "\(folder)/blobs/\(file.digest.name)" }

  /// Of a file that is not whole.
  func incompleteBlob(_ file: HubFile) -> String { blob(file) + ".incomplete" }

  func snapshot(_ commit: String) -> String { "\(folder)/snapshots/\(commit)" }

  /// The commit that a revision was when it was fetched last; a commit is itself.
  func commit(of revision: String) -> String? {
    if HubFile.isHex(revision, count: 40) { return revision }
    guard let text = try? String(contentsOfFile: "\(folder)/refs/\(revision)", encoding: .utf8) else { return nil }
    let commit = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return HubFile.isHex(commit, count: 40) ? commit : nil
  }

  /// Paths of a snapshot's files that are there, in order.
  func files(of commit: String) -> [String] {
    let root = snapshot(commit)
    // A folder that cannot be listed has nothing.
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: root)) ?? []
    return paths.sorted().filter { path in
      var isFolder: ObjCBool = false
      // Follows the link: one to a blob that is gone counts as none.
      return FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder) && !isFolder.boolValue
    }
  }

  func makeFolders(for commit: String) throws(HubError) {
    for name in ["blobs", "refs", "snapshots/\(commit)"] { try makeFolder("\(folder)/\(name)") }
  }

  /// Names a whole blob in a snapshot.
  func link(_ file: HubFile, in commit: String) throws(HubError) {
    let path = "\(snapshot(commit))/\(file.path)"
    let depth = file.path.split(separator: "/").count + 1
    try makeFolder(path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
    let target = String(repeating: "../", count: depth) + "blobs/" + file.digest.name
    try? FileManager.default.removeItem(atPath: path)  // Nothing to be done where there is none.
    do {
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
    } catch {
      throw HubError(.disk, "cannot make the link '\(path)': \(error.localizedDescription)")
    }
  }

  /// Remembers which commit a revision is.
  func note(_ revision: String, is commit: String) throws(HubError) {
    guard revision != commit else { return }
    let path = "\(folder)/refs/\(revision)"
    try makeFolder(path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
    do {
      try Data(commit.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw HubError(.disk, "cannot write '\(path)': \(error.localizedDescription)")
    }
  }

  private func makeFolder(_ path: String) throws(HubError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw HubError(.disk, "cannot make the folder '\(path)': \(error.localizedDescription)")
    }
  }
}
