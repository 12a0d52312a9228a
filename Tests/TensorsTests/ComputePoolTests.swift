import Foundation
import Synchronization
import Tensors
import Testing

/// The processor that the calling thread may run on, if it is but one.
private func onlyProcessorOfThisThread() -> Int? {
  let status = (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
  return line.flatMap { Int($0.drop { !$0.isNumber }) }
}

@Suite(.serialized)
struct ComputePoolTests {
  static let threadCounts = [1, 2, 3, 64]

  @Test("Every thread runs the body once, in every run", arguments: threadCounts, [0, 2000])
  func everyThreadOnce(threadCount: Int, spinCount: Int) throws {
    let pool = try ComputePool(threadCount: threadCount, spinCount: spinCount)
    let calls = try AlignedBuffer<Int>(count: threadCount * 8)
    let pointer = calls.baseAddress
    let runs = 200
    let wrong = Atomic(0)
    for _ in 0..<runs {
      pool.run { thread, count in
        if count != threadCount { wrong.add(1, ordering: .relaxed) }
        pointer[thread * 8] += 1  // plain, not atomic: run orders one round before the next
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
    #expect((0..<threadCount).allSatisfy { calls[$0 * 8] == runs })
  }

  @Test("What threads wrote is visible to the caller and to the next run", arguments: threadCounts)
  func visibility(threadCount: Int) throws {
    let pool = try ComputePool(threadCount: threadCount)
    let values = try AlignedBuffer<Int>(count: threadCount)
    let pointer = values.baseAddress
    var expected = Array(repeating: 0, count: threadCount)
    for round in 1...50 {
      // Each thread takes its neighbor's value of the round before.
      let before = Array(values.elements)
      pool.run { thread, count in pointer[thread] = before[(thread + 1) % count] + round * (thread + 1) }
      expected = (0..<threadCount).map { expected[($0 + 1) % threadCount] + round * ($0 + 1) }
      #expect(Array(values.elements) == expected)
    }
  }

  @Test("Slices cover the range once, in order, at whole granules", arguments: threadCounts)
  func slices(threadCount: Int) throws {
    let pool = try ComputePool(threadCount: threadCount)
    for (count, granularity) in [(0, 1), (1, 1), (5, 2), (63, 64), (64, 64), (65, 64), (1000, 16), (4097, 1)] {
      let slices = Mutex<[(thread: Int, slice: Range<Int>)]>([])
      pool.forEachSlice(of: count, granularity: granularity) { slice, thread in
        slices.withLock { $0.append((thread, slice)) }
      }
      let sorted = slices.withLock { $0 }.sorted { $0.thread < $1.thread }
      #expect(Set(sorted.map(\.thread)).count == sorted.count)
      #expect(sorted.allSatisfy { !$0.slice.isEmpty && $0.slice.lowerBound % granularity == 0 })
      var next = 0
      for (_, slice) in sorted {
        #expect(slice.lowerBound == next)
        next = slice.upperBound
      }
      #expect(next == count)
    }
  }

  @Test("Slices near the largest integer do not overflow")
  func hugeSlices() {
    var next = 0
    for thread in 0..<3 {
      let slice = ComputePool.slice(of: .max, granularity: 1 << 20, thread: thread, threadCount: 3)
      #expect(slice.lowerBound == next)
      next = slice.upperBound
    }
    #expect(next == .max)
  }

  @Test("Slices differ by at most one granule")
  func balanced() {
    let sizes = (0..<7).map { ComputePool.slice(of: 100, granularity: 4, thread: $0, threadCount: 7).count }
    #expect(sizes == [16, 16, 16, 16, 12, 12, 12])
  }

  @Test("A count of threads out of range is an error", arguments: [0, -1, 1025, .max, .min])
  func refusedCounts(threadCount: Int) {
    var caught: ComputePoolError?
    do {
      _ = try ComputePool(threadCount: threadCount)
    } catch {
      caught = error
    }
    #expect(caught?.threadCount == threadCount)
    #expect(caught?.description.contains("1 to 1024") == true)
  }

  @Test("Pinned threads run on their processors, and an absent processor is an error")
  func pinning() async throws {
    let available = ThreadPlacement.availableProcessors
    #expect(!available.isEmpty)
    // On a thread of its own, since making a pinned pool pins the thread that makes it.
    let outcome = await withCheckedContinuation { (done: CheckedContinuation<(ran: [Int], error: String), Never>) in
      Thread.detachNewThread {
        let count = min(2, available.count)
        let processors = Array(available.reversed().prefix(count))
        var ran: [Int] = []
        var text = ""
        do {
          let pool = try ComputePool(
            threadCount: count, placement: ThreadPlacement(processors: processors, isNodeAware: true, spins: false))
          let seen = try AlignedBuffer<Int>(count: count)
          let base = seen.baseAddress
          pool.run { thread, _ in base[thread] = onlyProcessorOfThisThread() ?? -1 }
          ran = Array(seen.elements)
          if ran != processors || pool.nodes.count != count { text = "ran on \(ran) where \(processors) were given" }
          _ = try ComputePool(threadCount: 2, placement: ThreadPlacement(processors: [processors[0], 4095]))
        } catch {
          text += "\(error)"
        }
        done.resume(returning: (ran, text))
      }
    }
    #expect(outcome.error.hasPrefix("cannot start a pool") && outcome.error.contains("4095"), "\(outcome)")
  }

  @Test("Too few processors for the threads are an error")
  func tooFewProcessors() {
    #expect(throws: ComputePoolError.self) {
      try ComputePool(threadCount: 3, placement: ThreadPlacement(processors: [0, 1]))
    }
  }

  @Test("Pools come and go without having run")
  func createAndDestroy() throws {
    for threadCount in [1, 2, 3, 64, 2] { _ = try ComputePool(threadCount: threadCount) }
  }
}
