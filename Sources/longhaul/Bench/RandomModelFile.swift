import Foundation
import Core
import Weights

/// A file with a model of random weights: temporary, or kept where the user chooses.
struct RandomModelFile {
  let path: String
  private let folder: PrivateFolder?

  /// Writes the file; Ctrl-C cancels and removes it.
  static func write(
    shape: ModelShape, types: RandomTypes, seed: UInt64, keptAt path: String?, isQuiet: Bool
  ) throws -> RandomModelFile {
    let model = try RandomCheckpoint(shape: shape, types: types, seed: seed)
    let folder = path == nil ? try PrivateFolder() : nil
    let target = path ?? "\(folder?.path ?? "")/\(shape.name)-\(types.name).gguf"
    do {
      try InterruptibleWork.run(
        "writing random weights", isQuiet: isQuiet,
        sharesOf: { progress in try model.write(to: target, progress: progress) })
    } catch {
      folder?.remove()
      throw error
    }
    return RandomModelFile(path: target, folder: folder)
  }

  /// A temporary file whose weights are a hole, which takes no room: for planning.
  static func outline(shape: ModelShape, types: RandomTypes) throws -> RandomModelFile {
    let model = try RandomCheckpoint(shape: shape, types: types, seed: 0)
    let folder = try PrivateFolder()
    let path = "\(folder.path)/\(shape.name)-\(types.name).gguf"
    do {
      try model.writeOutline(to: path)
    } catch {
      folder.remove()
      throw error
    }
    return RandomModelFile(path: path, folder: folder)
  }

  /// Removes the file if it is temporary.
  func remove() { folder?.remove() }
}
