import Foundation

/// Signals as a stream.
enum Interruption {
  /// Every one of the signals from the first call on. None of them ends the process any longer.
  static func signals(_ numbers: [Int32] = [SIGINT, SIGTERM]) -> AsyncStream<Int32> {
    let (stream, sink) = AsyncStream<Int32>.makeStream()
    let sources = numbers.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { sink.yield(number) }
      source.resume()
      return source
    }
    let kept = SourceKeeper(sources)
    sink.onTermination = { _ in kept.cancel() }
    return stream
  }

  /// Safety: the sources are only retained and canceled, which Dispatch allows from any thread.
  private final class SourceKeeper: @unchecked Sendable {
    private let sources: [any DispatchSourceSignal]
    init(_ sources: [any DispatchSourceSignal]) { self.sources = sources }
    func cancel() { for source in sources { source.cancel() } }
  }
}
