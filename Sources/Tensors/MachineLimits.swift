import CKernels
import CPlatform

/// What this machine can do at best with a number of threads, measured on the spot: the limits that kernels are held
/// against. The best of several short runs, since whatever else runs here only makes it slower.
package struct MachineLimits: Hashable, Sendable {
  package let threadCount: Int
  /// Reading memory that no cache holds, in huge pages.
  package let readBytesPerSecond: Double
  /// f32 fused multiply-adds on registers, each two operations.
  package let floatOperationsPerSecond: Double
  /// Dot products of bytes on registers, each product two operations.
  package let int8OperationsPerSecond: Double

  /// Takes about half a second and `byteCount` of memory for that long.
  /// - Parameter byteCount: read at a time; far more than the caches hold.
  /// - Throws: when memory or threads are lacking.
  package static func measure(threadCount: Int, byteCount: Int = 512 << 20) throws -> MachineLimits {
    let pool = try ComputePool(threadCount: threadCount)
    return MachineLimits(
      threadCount: pool.threadCount, readBytesPerSecond: try readRate(pool, byteCount: byteCount),
      floatOperationsPerSecond: rate(pool, lh_probe_fma), int8OperationsPerSecond: rate(pool, lh_probe_int8))
  }

  private static let runs = 6

  private static func readRate(_ pool: ComputePool, byteCount: Int) throws -> Double {
    let memory = try AlignedBuffer<UInt8>(count: byteCount)
    let base = memory.baseAddress
    // Pages that were never written are all the same one.
    pool.forEachSlice(of: byteCount, granularity: 2 << 20) { slice, _ in
      (base + slice.lowerBound).update(repeating: 1, count: slice.count)
    }
    let sums = try AlignedBuffer<UInt64>(count: pool.threadCount * 8)
    let best = shortest {
      pool.forEachSlice(of: byteCount, granularity: 2 << 20) { slice, thread in
        sums.baseAddress[thread * 8] = lh_probe_read(base + slice.lowerBound, Int64(slice.count))
      }
    }
    return Double(byteCount) / best
  }

  /// All threads at once, for a time in which a clock ramps up.
  private static func rate(
    _ pool: ComputePool, _ probe: @Sendable (Int64, UnsafeMutablePointer<Float>?) -> Int64
  ) -> Double {
    var operations: Int64 = 0
    let best = shortest {
      pool.run { thread, _ in
        var sink: (Float, Float, Float) = (1, 1, 0)
        let done = withUnsafeMutableBytes(of: &sink) { probe(50_000, $0.bindMemory(to: Float.self).baseAddress) }
        if thread == 0 { operations = done }
      }
    }
    return Double(operations) * Double(pool.threadCount) / best
  }

  /// Seconds of the fastest of several runs.
  private static func shortest(_ body: () -> Void) -> Double {
    var best = Int64.max
    for _ in 0..<runs {
      let start = lh_monotonic_nanoseconds()
      body()
      best = min(best, max(1, lh_monotonic_nanoseconds() - start))
    }
    return Double(best) * 1e-9
  }
}
