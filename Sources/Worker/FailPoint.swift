#if FAILPOINTS
  import Foundation
  import Backend
  import Core
  import Transport
  import Wire

  /// A fault at an exact place, for tests. Only in builds for tests.
  ///
  /// When the environment's `LONGHAUL_FAILPOINTS` names a folder, a file `stage-N` in it that says `KIND@POSITION` lets
  /// the fault happen once in stage N, when it has computed the step that carries the token at that position and before
  /// it sends anything. The file is gone when the fault happens.
  struct FailPoint {
    enum Kind: String {
      /// The process ends as by `kill -9`.
      case kill
      /// The process stops as by `kill -STOP`.
      case stop
      /// The compute thread never comes back.
      case hang
      /// The results are not numbers.
      case spoil
      /// A bit of what is sent is another one when it arrives.
      case damage
    }

    let kind: Kind
    private static let folder = ProcessInfo.processInfo.environment["LONGHAUL_FAILPOINTS"]

    /// The fault that is due in the entry's rows, if any.
    static func due(stage: Int, entry: StepEntry) -> FailPoint? {
      guard let folder else { return nil }
      let path = "\(folder)/stage-\(stage)"
      let parts = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "@") ?? []
      guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])), let position = Int(parts[1]),
        (entry.startPosition..<entry.startPosition + entry.tokens.count).contains(position),
        unlink(path) == 0
      else { return nil }
      return FailPoint(kind: kind)
    }

    /// - Parameter row: the entry's first among the backend's.
    func strike(_ backend: any StageBackend, row: Int) throws {
      switch kind {
      case .kill: Glibc.kill(getpid(), SIGKILL)
      case .stop: Glibc.kill(getpid(), SIGSTOP)
      case .hang: while true { sleep(3600) }
      case .spoil:
        let spoiled = [Float](repeating: .nan, count: backend.facts.hiddenSize)
        try spoiled.withUnsafeBytes { try backend.write($0, of: [], row: row) }
      case .damage: break  // Strikes what was made and sealed.
      }
    }

    /// The message with a bit flipped in its longest frame.
    static func damaged(_ message: Message) -> Message {
      var message = message
      guard let index = message.frames.indices.max(by: { message.frames[$0].count < message.frames[$1].count }) else {
        return message
      }
      var bytes = message.frames[index].withUnsafeBytes { Array($0) }
      bytes[bytes.count / 2] ^= 4
      message.frames[index] = Frame(bytes)
      return message
    }
  }
#endif
