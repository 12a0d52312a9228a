import CPlatform
import Glibc

/// A pool could not start its threads.
package struct ComputePoolError: Error, Hashable, Sendable, CustomStringConvertible {
  package let threadCount: Int
  /// `errno` of the failure; EINVAL for a count or a processor out of range.
  package let code: Int32
  /// Where the threads were to run, if that was said.
  package var processors: [Int]?

  package var description: String {
    "cannot start a pool of \(threadCount) compute threads: \(String(cString: strerror(code))) "
      + "(errno \(code)); ask for 1 to \(LH_POOL_MAXIMUM_THREADS) threads, "
      + "and no more than the process may start"
      + (processors.map { ", on processors it may run on (not \($0), one a thread)" } ?? "")
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
  /// Memory node of each thread, counted from 0 without gaps: all 0 unless the placement is node-aware.
  package let nodes: [Int]
  /// Memory nodes that the threads are on.
  package var nodeCount: Int { (nodes.max() ?? 0) + 1 }
  private let pool: OpaquePointer

  /// Starts `threadCount - 1` threads where `placement` says; a placement on processors keeps the calling thread, which
  /// must be the one that will call `run`, on the first of them.
  /// - Throws: `ComputePoolError` when threads are lacking, the count is out of range, or a processor is not available.
  package init(threadCount: Int, placement: ThreadPlacement) throws(ComputePoolError) {
    func failure(_ code: Int32) -> ComputePoolError {
      ComputePoolError(threadCount: threadCount, code: code, processors: placement.processors)
    }
    var code: Int32 = 0
    var created: OpaquePointer?
    if let processors = placement.processors {
      guard processors.count >= threadCount, let first = processors.first else { throw failure(EINVAL) }
      code = lh_thread_pin(Int32(clamping: first))
      guard code == 0 else { throw failure(code) }
      created = lh_pool_create(Int32(clamping: threadCount), processors.map { Int32(clamping: $0) }, &code)
    } else {
      created = lh_pool_create(Int32(clamping: threadCount), nil, &code)
    }
    guard let created else { throw failure(code) }
    pool = created
    self.threadCount = threadCount
    lh_pool_set_spins(created, placement.spins ? Int32(LH_POOL_DEFAULT_SPINS) : 0)
    nodes = placement.isNodeAware ? Self.nodes(of: created, threadCount) : Array(repeating: 0, count: threadCount)
  }

  /// For tests: threads that say of themselves on which node they are.
  package init(threadCount: Int, nodes: [Int]) throws(ComputePoolError) {
    precondition(nodes.count == threadCount, "one node a thread")
    var code: Int32 = 0
    guard let created = lh_pool_create(Int32(clamping: threadCount), nil, &code) else {
      throw ComputePoolError(threadCount: threadCount, code: code)
    }
    pool = created
    self.threadCount = threadCount
    self.nodes = nodes
  }

  private static func nodes(of pool: OpaquePointer, _ threadCount: Int) -> [Int] {
    var found = [Int](repeating: 0, count: threadCount)
    found.withUnsafeMutableBufferPointer { found in
      guard let base = found.baseAddress else { return }
      runOnAllThreads(pool) { thread, _ in base[thread] = Int(lh_current_node()) }
    }
    let distinct = Set(found).sorted()
    return found.map { node in distinct.firstIndex(of: node) ?? 0 }
  }

  /// Starts `threadCount - 1` threads. `spinCount`: looks before a waiting thread sleeps; 0 sleeps at once,
  /// which is right when several processes share the cores.
  /// - Throws: `ComputePoolError` when threads are lacking or the count is out of range.
  package init(
    threadCount: Int, spinCount: Int = Int(LH_POOL_DEFAULT_SPINS)
  ) throws(ComputePoolError) {
    var code: Int32 = 0
    guard let pool = lh_pool_create(Int32(clamping: threadCount), nil, &code) else {
      throw ComputePoolError(threadCount: threadCount, code: code)
    }
    lh_pool_set_spins(pool, Int32(clamping: spinCount))
    nodes = Array(repeating: 0, count: max(0, threadCount))
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
    // Not worth waking a thread for.
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
