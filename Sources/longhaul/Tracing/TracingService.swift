import Coordinator
import Foundation
import Glibc
import Logging
import ServiceLifecycle

/// Sends the spans of requests that ended to a collector, every second. The engine's own list of them is the buffer: a
/// collector that is away for long misses the oldest, and requests never wait for it.
struct TracingService: Service {
  let engine: ClusterEngine
  let collector: SpanCollector
  let logger: Logger

  func run() async throws {
    var progress = TracingProgress()
    while !Task.isShuttingDownGracefully, !Task.isCancelled {
      try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(1)) }
      var moves = true
      while moves {
        let ended = engine.endedSpans(after: progress.cursor, wallClock: Self.wallClock)
        moves = ended.cursor > progress.cursor
        guard moves else { break }
        let answer = ended.spans.isEmpty ? .taken : await post(ended)
        if let line = progress.note(ended, answer) { logger.warning("\(line)") }
        if case .away = answer { moves = false }
      }
    }
  }

  private func post(_ ended: EndedSpans) async -> SpanCollector.Answer {
    await withCheckedContinuation { continuation in
      // The transfer blocks its thread.
      Thread.detachNewThread { continuation.resume(returning: collector.post(ended.spans)) }
    }
  }

  /// Nanoseconds since 1970.
  private static var wallClock: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
