import Foundation
import Synchronization
package import Transport

/// The allow-list of a running coordinator, reloaded when its file changes; checks the file at most once a second. Any
/// thread.
///
/// A file that is unreadable or malformed keeps the previous list, so that an editing error locks no worker out;
/// `onError` receives the error.
package final class WatchedAllowList: Sendable {
  private struct State {
    var list: AllowList
    var stamp: Stamp
    var lastCheck: ContinuousClock.Instant
  }

  /// Identifies a version of the file.
  private struct Stamp: Equatable {
    var inode: UInt64 = 0
    var size: Int64 = 0
    var seconds = 0
    var nanoseconds = 0
  }

  private let folder: ClusterFolder
  private let interval: Duration
  private let onError: @Sendable (CredentialError) -> Void
  private let state: Mutex<State>

  /// - Parameter interval: maximum age of the list.
  package init(
    folder: ClusterFolder, interval: Duration = .seconds(1), onError: @escaping @Sendable (CredentialError) -> Void
  ) throws(CredentialError) {
    self.folder = folder
    self.interval = interval
    self.onError = onError
    let stamp = Self.stamp(folder.workersPath)
    state = Mutex(State(list: try folder.allowList(), stamp: stamp, lastCheck: .now))
  }

  /// The name of the worker with this key; nil when the list has no such key.
  package func name(of key: PublicKey) -> String? {
    state.withLock { state in
      if state.lastCheck.duration(to: .now) >= interval { refresh(&state) }
      return state.list.names[key]
    }
  }

  private func refresh(_ state: inout State) {
    state.lastCheck = .now
    let stamp = Self.stamp(folder.workersPath)
    guard stamp != state.stamp else { return }
    state.stamp = stamp
    do throws(CredentialError) {
      state.list = try folder.allowList()
    } catch {
      onError(error)
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
