import Core
import Paging

/// One piece of a step's attention for one thread: a tile of queries of one key-value head's group against a run of
/// its key splits.
struct AttentionTask {
  /// Index of the entry in the step.
  let entry: Int
  let head: Int
  /// The tile: tokens counted from the entry's first.
  let tokens: Range<Int>
  /// Key splits, counted from the sequence's first.
  let splits: Range<Int>
  /// Where the states of a tile that several tasks share are gathered; nil when this task sees all of its keys.
  let gathering: AttentionGathering?
}

/// The shared results of a tile whose keys are divided over tasks.
struct AttentionGathering {
  /// Index of the counter of its unfinished tasks.
  let counter: Int
  /// First row in the gathered states. Splits of the first task are merged in order by that task and take one place;
  /// every other split has its own, behind it: `[places, rows]`.
  let firstRow: Int
  /// Splits of the first task.
  let firstTaskSplitCount: Int
  /// All splits that the tile sees.
  let splits: Range<Int>

  var placeCount: Int { splits.count - firstTaskSplitCount + 1 }

  /// The place of a split, or of the first task's merged splits.
  func place(ofSplit split: Int) -> Int { max(0, split - splits.lowerBound - firstTaskSplitCount + 1) }
}

/// Divides a step's attention into tasks, a few for each thread, so that threads which take them one after another end
/// together. A value without pointers; which thread takes a task, and how many there are, changes no result.
///
/// Tiles as large as they may be read the keys least often. When there are too few of them for the threads, tiles get
/// smaller; when even single tokens are too few, as in decoding, the keys of a tile are divided at split boundaries.
struct AttentionSchedule {
  private(set) var tasks: [AttentionTask] = []
  /// The tasks of each memory node: those of its own key-value heads.
  private(set) var nodeTasks: [Range<Int>] = []
  /// Unfinished tasks of each divided tile.
  private(set) var gatheringTaskCounts: [Int] = []

  private let threadCount: Int
  private let nodeCount: Int
  /// Query rows (token x head of a group) of the largest tile.
  let tileRowCapacity: Int
  /// Rows that the gathered states have room for.
  let gatheredRowCapacity: Int

  private static let tileRowTarget = 256
  private static let tasksPerThread = 4
  /// What the gathered states may take: a tile that does not fit is simply not divided.
  private static let gatheredByteTarget = 8 << 20

  /// - Parameters:
  ///   - shapes: of all layers whose attention is divided.
  ///   - nodeCount: NUMA nodes that share out the key-value heads.
  init(shapes: [AttentionShape], threadCount: Int, nodeCount: Int = 1, contextLength: Int) {
    self.threadCount = threadCount
    self.nodeCount = nodeCount
    tileRowCapacity =
      shapes.map { Self.tileTokenCapacity($0) * $0.queryHeadsPerKeyValueHead }.max() ?? 0
    let splits = contextLength / Self.splitLength + 1
    let useful = (shapes.map(\.queryHeadCount).max() ?? 0) * Self.tasksPerThread * splits
    let rowByteCount = 4 * ((shapes.map(\.valueStride).max() ?? 0) + 2)
    gatheredRowCapacity = threadCount == 1 ? 0 : min(useful, Self.gatheredByteTarget / rowByteCount)
    tasks.reserveCapacity(1024)
    gatheringTaskCounts.reserveCapacity(gatheringCapacity)
  }

  /// Divided tiles a step may have: keys are divided only while there are fewer tiles than tasks wanted.
  var gatheringCapacity: Int { Self.tasksPerThread * threadCount }

  /// Tokens whose keys share a split.
  static let splitLength = SelfExtendAttention.splitBlockCount * Limits.pageSize

  /// Tokens of a layer's largest tile.
  private static func tileTokenCapacity(_ shape: AttentionShape) -> Int {
    max(1, tileRowTarget / shape.queryHeadsPerKeyValueHead)
  }

  /// Divides a layer's attention. Allocates only when a step has more tasks than any before it.
  mutating func divide(_ entries: [CacheEntry], shape: AttentionShape) {
    tasks.removeAll(keepingCapacity: true)
    nodeTasks.removeAll(keepingCapacity: true)
    gatheringTaskCounts.removeAll(keepingCapacity: true)
    let wanted = Self.tasksPerThread * threadCount
    var rowTotal = 0
    for entry in entries { rowTotal += entry.rowCount }
    // Tokens of a tile, by what each thread should get of all rows and heads.
    let share = (rowTotal * shape.keyValueHeadCount + wanted - 1) / wanted
    let tileTokenCount = max(1, min(Self.tileTokenCapacity(shape), share))
    var tileTotal = 0
    for entry in entries {
      tileTotal += shape.keyValueHeadCount * ((entry.rowCount + tileTokenCount - 1) / tileTokenCount)
    }
    let pieceCount = threadCount == 1 ? 1 : (wanted + tileTotal - 1) / max(1, tileTotal)
    var gatheredRowCount = 0
    for node in 0..<nodeCount {
      let first = tasks.count
      for (index, entry) in entries.enumerated() {
        // The last tiles see the most keys: they go first.
        for tile in stride(from: (entry.rowCount - 1) / tileTokenCount, through: 0, by: -1) {
          let tokens = tile * tileTokenCount..<min((tile + 1) * tileTokenCount, entry.rowCount)
          for head in shape.heads(node: node, of: nodeCount) {
            divide(
              entry, index: index, tokens: tokens, head: head, shape: shape, pieceCount: pieceCount,
              gatheredRowCount: &gatheredRowCount)
          }
        }
      }
      nodeTasks.append(first..<tasks.count)
    }
  }

  private mutating func divide(
    _ entry: CacheEntry, index: Int, tokens: Range<Int>, head: Int, shape: AttentionShape, pieceCount: Int,
    gatheredRowCount: inout Int
  ) {
    let firstSeen = shape.firstSeenPosition(
      from: entry.startPosition + tokens.lowerBound, under: entry.cache.policy)
    let last = entry.startPosition + tokens.upperBound - 1
    let seen = firstSeen / Self.splitLength..<last / Self.splitLength + 1
    let rowCount = tokens.count * shape.queryHeadsPerKeyValueHead
    let pieces = min(pieceCount, seen.count)
    let gathering = AttentionGathering(
      counter: gatheringTaskCounts.count, firstRow: gatheredRowCount, firstTaskSplitCount: seen.count / pieces,
      splits: seen)
    guard pieces > 1, gatheredRowCount + gathering.placeCount * rowCount <= gatheredRowCapacity else {
      tasks.append(
        AttentionTask(entry: index, head: head, tokens: tokens, splits: seen, gathering: nil))
      return
    }
    gatheredRowCount += gathering.placeCount * rowCount
    gatheringTaskCounts.append(pieces)
    for piece in 0..<pieces {
      let splits =
        seen.lowerBound + piece * seen.count / pieces..<seen.lowerBound + (piece + 1) * seen.count / pieces
      tasks.append(AttentionTask(entry: index, head: head, tokens: tokens, splits: splits, gathering: gathering))
    }
  }
}
