import Foundation
import Core
import Synchronization
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
    let isInterrupted = Flag()
    let watcher = Task { for await _ in Interruption.signals() { isInterrupted.value.store(true, ordering: .relaxed) } }
    defer { watcher.cancel() }
    var bar = ProgressBar("writing random weights", isWanted: !isQuiet, elsewhere: .lines)
    defer { bar.clear() }
    do {
      try model.write(to: target) { share in
        if isInterrupted.value.load(ordering: .relaxed) { throw CancellationError() }
        bar.update(done: Int(share * 1000), total: 1000)
      }
    } catch {
      folder?.remove()
      throw error
    }
    return RandomModelFile(path: target, folder: folder)
  }

  /// Removes the file if it is temporary.
  func remove() { folder?.remove() }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }
}
