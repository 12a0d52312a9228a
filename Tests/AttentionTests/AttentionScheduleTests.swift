@testable import Attention
import Core
import Paging
import Testing

@Suite("A step's attention divided into tasks")
struct AttentionScheduleTests {
  private let shape = AttentionCase(length: 1, groupSize: 1, window: 0, queryHeads: 32, keyValueHeads: 4).shape

  private func schedule(threads: Int, context: Int = 65_536) -> AttentionSchedule {
    AttentionSchedule(shapes: [shape], threadCount: threads, contextLength: context)
  }

  private func entry(start: Int, rows: Int, firstRow: Int) throws -> CacheEntry {
    let policy = try #require(PositionPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 64))
    var cache = SequenceCache(policy: policy, neighborPages: [])
    let pages = (0..<PageCount.of(tokens: start + rows)).map { PageID(UInt32($0)) }
    if start > 0 { #expect(cache.extend(start: 0, tokenCount: start, newPages: pages) == nil) }
    #expect(cache.extend(start: start, tokenCount: rows, newPages: start > 0 ? [] : pages) == nil)
    return CacheEntry(cache: cache, firstRow: firstRow, rowCount: rows)
  }

  @Test(
    "every token, head and key split is met exactly once, and gathered states do not overlap",
    arguments: [
      1, 2, 3, 8, 64,
    ])
  func coversEverything(threads: Int) throws {
    var schedule = schedule(threads: threads)
    let steps = [
      [(0, 1)], [(20_000, 1)], [(5000, 128)], [(0, 130), (1023, 1), (1024, 1), (60_000, 3)],
      (0..<40).map { ($0 * 100, 1) },
    ]
    for step in steps {
      var firstRow = 0
      let entries = try step.map { start, rows in
        defer { firstRow += rows }
        return try entry(start: start, rows: rows, firstRow: firstRow)
      }
      schedule.divide(entries, shape: shape)
      var seen: [String: [Range<Int>]] = [:]
      var places: [Range<Int>] = []
      for task in schedule.tasks {
        for token in task.tokens { seen["\(task.entry) \(task.head) \(token)", default: []].append(task.splits) }
        let rows = task.tokens.count * 8
        #expect(rows <= schedule.tileRowCapacity)
        guard let gathering = task.gathering, task.splits.lowerBound == 0 else { continue }
        places.append(gathering.firstRow..<gathering.firstRow + gathering.placeCount * rows)
        #expect(gathering.place(ofSplit: gathering.splits.upperBound - 1) == gathering.placeCount - 1)
        #expect(gathering.place(ofSplit: task.splits.upperBound - 1) == 0)
      }
      for (index, (start, rows)) in step.enumerated() {
        for head in 0..<4 {
          for token in 0..<rows {
            let splits = try #require(seen["\(index) \(head) \(token)"]).sorted { $0.lowerBound < $1.lowerBound }
            #expect(splits.first?.lowerBound == 0)
            #expect(zip(splits, splits.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
            #expect(try #require(splits.last).upperBound > (start + token) / AttentionSchedule.splitLength)
          }
        }
      }
      places.sort { $0.lowerBound < $1.lowerBound }
      #expect(zip(places, places.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
      #expect((places.last?.upperBound ?? 0) <= schedule.gatheredRowCapacity)
      #expect(schedule.gatheringTaskCounts.count <= schedule.gatheringCapacity)
    }
  }

  @Test("a local layer's tasks meet the splits that their tokens see, and no others")
  func windows() throws {
    var shape = shape
    shape.span = .window(1500)
    for threads in [1, 3, 16] {
      var schedule = schedule(threads: threads)
      for (start, rows) in [(0, 1), (1499, 1), (20_000, 1), (5000, 700)] {
        schedule.divide([try entry(start: start, rows: rows, firstRow: 0)], shape: shape)
        var seen: [Int: Set<Int>] = [:]
        for task in schedule.tasks where task.head == 2 {
          for token in task.tokens {
            #expect(seen[token, default: []].isDisjoint(with: task.splits))
            seen[token, default: []].formUnion(task.splits)
          }
          let first = max(0, start + task.tokens.lowerBound - 1499) / AttentionSchedule.splitLength
          #expect(task.splits.lowerBound >= first)
        }
        for token in 0..<rows {
          let (position, length) = (start + token, AttentionSchedule.splitLength)
          let needed = Set(max(0, position - 1499) / length...position / length)
          #expect(try #require(seen[token]).isSuperset(of: needed))
        }
      }
    }
  }

  @Test("one decoding token keeps every thread busy once there are splits enough")
  func decodingIsDivided() throws {
    for threads in [2, 8, 32] {
      var schedule = schedule(threads: threads)
      schedule.divide([try entry(start: 60_000, rows: 1, firstRow: 0)], shape: shape)
      #expect(schedule.tasks.count >= 4 * threads)
    }
  }
}
