/// A stage that cannot be loaded here.
enum StageLoadError: Error, CustomStringConvertible {
  case otherVersion(path: String)
  case noCache(path: String)
  case noRoom(folder: String, needed: Int, free: Int)
  case notListed(tensor: String)

  var description: String {
    switch self {
    case .otherVersion(let path):
      "'\(path)' is not the file that the coordinator opened: it was written to or replaced since; start the "
        + "coordinator again"
    case .noCache(let path):
      "the model is not on this machine ('\(path)'), and there is no folder for what the coordinator gives out; name "
        + "one with --weights-cache"
    case .noRoom(let folder, let needed, let free):
      "the stage's weights need \(needed) bytes more in \(folder), where \(free) are free; free room there, or name a "
        + "folder on another disk with --weights-cache"
    case .notListed(let tensor):
      "the coordinator's manifest does not list tensor \(tensor) as its header does; start the coordinator again"
    }
  }
}
