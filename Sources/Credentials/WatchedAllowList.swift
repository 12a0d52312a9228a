import Foundation
import Synchronization
package import Transport

/// The allow-list of a running coordinator: read again when its file has changed, looked at once a second at most. Any
/// thread.
///
/// A file that cannot be read or understood changes nothing, so that a slip of the editor locks nobody out; `onTrouble`
/// is told.
package final class WatchedAllowList: Sendable {
  private struct State {
    var list: AllowList
    var stamp: Stamp
    var lastLook: ContinuousClock.Instant
  }

  /// What tells one version of the file from the next.
  private struct Stamp: Equatable {
    var inode: UInt64 = 0
    var size: Int64 = 0
    var seconds = 0
    var nanoseconds = 0
  }

  private let folder: ClusterFolder
  private let interval: Duration
  private let onTrouble: @Sendable (CredentialError) -> Void
  private let state: Mutex<State>

  /// - Parameter interval: how old what is known may be.
  package init(
    folder: ClusterFolder, interval: Duration = .seconds(1), onTrouble: @escaping @Sendable (CredentialError) -> Void
  ) throws(CredentialError) {
    self.folder = folder
    self.interval = interval
    self.onTrouble = onTrouble
    let stamp = Self.stamp(folder.workersPath)
    state = Mutex(State(list: try folder.allowList(), stamp: stamp, lastLook: .now))
  }

  /// The name of the worker that holds the key; nil for a key that is not on the list.
  package func name(of key: PublicKey) -> String? {
    state.withLock { state in
      if state.lastLook.duration(to: .now) >= interval { refresh(&state) }
      return state.list.names[key]
    }
  }

  private func refresh(_ state: inout State) {
    state.lastLook = .now
    let stamp = Self.stamp(folder.workersPath)
    guard stamp != state.stamp else { return }
    state.stamp = stamp
    do throws(CredentialError) {
      state.list = try folder.allowList()
    } catch {
      onTrouble(error)
    }
  }

  private static func stamp(_ path: String) -> Stamp {
    var status = stat()
    guard stat(path, &status) == 0 else { return Stamp() }
    return Stamp(
      inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
  }
}
