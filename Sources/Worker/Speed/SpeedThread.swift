import Foundation

/// Where speeds are measured: a measurement keeps its thread where the placement says, so no thread that others use may
/// run it, and it takes seconds, which no task may block.
package enum SpeedThread {
  package static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: body()) }
      thread.name = "speed"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }
}
