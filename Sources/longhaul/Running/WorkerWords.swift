import Foundation
import Synchronization

/// What a worker process of this command writes to its stderr: its log's lines become sentences under its name, and the
/// last words of one that ends go into the sentence about its end.
///
/// Any thread; one for a process.
final class WorkerWords: Sendable {
  private struct State {
    var unfinished: [UInt8] = []
    var last: String?
  }

  private let name: String
  private let tell: @Sendable (String) -> Void
  private let state = Mutex(State())
  /// A line beyond it is cut.
  private static let maximumLineByteCount = 4096

  /// - Parameter tell: given each sentence.
  init(name: String, tell: @escaping @Sendable (String) -> Void = { StandardError.event($0) }) {
    self.name = name
    self.tell = tell
  }

  /// Why the process ended, in its own words; nil where it said nothing.
  var last: String? { state.withLock { $0.last } }

  func take(_ bytes: some Sequence<UInt8>) {
    let lines = state.withLock { state in
      var lines: [String] = []
      for byte in bytes {
        if byte == UInt8(ascii: "\n") {
          lines.append(String(decoding: state.unfinished, as: UTF8.self))
          state.unfinished = []
        } else if state.unfinished.count < Self.maximumLineByteCount {
          state.unfinished.append(byte)
        }
      }
      return lines
    }
    for line in lines { take(line: line) }
  }

  private func take(line: String) {
    let farewell = "longhaul: "
    if line.hasPrefix(farewell) {
      state.withLock { $0.last = String(line.dropFirst(farewell.count)) }
    } else if !line.isEmpty {
      tell("\(name): \(Self.sentence(line))")
    }
  }

  /// A line of `ProgramLog` without its time, level and component.
  private static func sentence(_ line: String) -> Substring {
    let separator = " worker: "
    guard line.first?.isNumber == true, let end = line.range(of: separator) else { return line[...] }
    return line[end.upperBound...]
  }
}
