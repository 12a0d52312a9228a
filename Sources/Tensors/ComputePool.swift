import CPlatform
import Glibc

/// Threads for a pool could not be had.
package struct ComputePoolError: Error, Hashable, Sendable, CustomStringConvertible {
  package let threadCount: Int
  /// `errno` of the failure; EINVAL for a count out of range.
  package let code: Int32

  package var description: String {
    "cannot start a pool of \(threadCount) compute threads: \(String(cString: strerror(code))) "
      + "(errno \(code)); ask for 1 to \(LH_POOL_MAXIMUM_THREADS) threads, "
      + "and no more than the process may start"
  }
}

/// A fixed set of threads that all run one body at a time, the caller among them.
///
/// For the forward pass: a body of 20 µs is worth dividing while the threads still spin (0.2 µs to fork and
/// join), a sleeping thread takes 40 µs to wake. One thread at a time calls `run` or `forEachSlice`; a
/// second caller, or a body that calls them again, traps.
///
/// Safety: `@unchecked Sendable`: the C pool guards itself, and the pointer never changes.
package final class ComputePool: @unchecked Sendable {
  /// Threads that run each body, the caller included.
  package let threadCount: Int
  private let pool: OpaquePointer

  /// Starts `threadCount - 1` threads. `spinCount`: looks before a waiting thread sleeps; 0 sleeps at once,
  /// which is right when several processes share the cores.
  /// - Throws: `ComputePoolError` when threads are lacking or the count is out of range.
  package init(
    threadCount: Int, spinCount: Int = Int(LH_POOL_DEFAULT_SPINS)
  ) throws(ComputePoolError) {
    var code: Int32 = 0
    guard let pool = lh_pool_create(Int32(clamping: threadCount), &code) else {
      throw ComputePoolError(threadCount: threadCount, code: code)
    }
    lh_pool_set_spins(pool, Int32(clamping: spinCount))
    self.pool = pool
    self.threadCount = threadCount
  }

  deinit {
    lh_pool_destroy(pool)
  }

  /// Calls `body(thread, threadCount)` once for each thread in `0 ..< threadCount`, thread 0 on the caller,
  /// and returns when all have returned; what they wrote is then visible to the caller. Nothing is allocated.
  /// That the threads' accesses do not collide is the body's duty: it divides its work by `thread`.
  package func run(_ body: (_ thread: Int, _ threadCount: Int) -> Void) {
    guard threadCount > 1 else { return body(0, 1) }
    runOnAllThreads(pool, body)
  }

  /// Divides `0 ..< count` into one slice for each thread and calls `body(slice, thread)` for those that
  /// are not empty. Slices are contiguous, ascending with the thread, and begin at multiples of
  /// `granularity` (> 0). The division depends on nothing but the arguments and `threadCount`.
  package func forEachSlice(
    of count: Int, granularity: Int = 1, _ body: (_ slice: Range<Int>, _ thread: Int) -> Void
  ) {
    precondition(count >= 0 && granularity > 0, "cannot divide \(count) by granules of \(granularity)")
    guard count > 0 else { return }
    // Not worth waking anybody for.
    guard threadCount > 1, count > granularity else { return body(0..<count, 0) }
    run { thread, threadCount in
      let slice = Self.slice(of: count, granularity: granularity, thread: thread, threadCount: threadCount)
      if !slice.isEmpty { body(slice, thread) }
    }
  }

  /// The slice of `thread`: whole granules, the first threads getting one more when they do not divide.
  package static func slice(of count: Int, granularity: Int, thread: Int, threadCount: Int) -> Range<Int> {
    let granules = count / granularity + (count % granularity == 0 ? 0 : 1)
    let (each, extra) = granules.quotientAndRemainder(dividingBy: threadCount)
    let first = thread * each + min(thread, extra)
    let end = first + each + (thread < extra ? 1 : 0)
    // The last granule may be cut short, so its end is not a product that could overflow.
    let endElement = end >= granules ? count : end * granularity
    return min(first * granularity, endElement)..<endElement
  }
}

/// `lh_pool_run` with a closure for a body. Imported by its symbol: a C header cannot declare a parameter that is a
/// Swift closure, and wrapping one in a C pointer would let it escape, which costs an allocation at every call.
@_silgen_name("lh_pool_run_swift")
private func runOnAllThreads(_ pool: OpaquePointer, _ body: (_ thread: Int, _ threadCount: Int) -> Void)
