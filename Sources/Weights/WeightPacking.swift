import CKernels
import Core
import Tensors

/// Lays matrices out in one piece of memory: first each is given its place, then one after the other is packed into it,
/// in the order of the file.
///
/// A packed matrix is as large as in the file, but for the features that fill its last panel.
struct WeightPacking {
  /// A matrix of the file and where its packed form goes.
  private struct Job {
    let source: WeightMatrix
    let place: Range<Int>
    var isPacked = false
  }

  /// Places begin on their own cache lines.
  private static let alignment = 64
  private var jobs: [Job] = []
  /// Those not packed yet, as indices of `jobs`, in the order of the file. Set when the last place is given.
  private var waiting: ArraySlice<Int> = []
  /// Where in the memory of the next one pages are not present yet.
  private var untouched = 0
  /// Bytes of everything placed.
  private(set) var byteCount = 0
  /// Bytes of all matrices in the file.
  private var sourceByteCount = 0
  /// Bytes of the file that are not packed.
  private(set) var waitingByteCount = 0

  /// Gives a matrix its place.
  mutating func place(_ matrix: WeightMatrix) -> PackedPlace {
    let size = lh_packed_bytes(matrix.type.kernelType, Int64(matrix.rowCount), Int64(matrix.columnCount))
    // The file's directory was checked: rows are whole blocks, and a file's sizes cannot overflow.
    precondition(size > 0, "every type that is read can be packed")
    let place = PackedPlace(index: jobs.count)
    sourceByteCount += matrix.byteCount
    waitingByteCount += matrix.byteCount
    jobs.append(Job(source: matrix, place: byteCount..<byteCount + Int(size)))
    byteCount = (byteCount + Int(size) + Self.alignment - 1) / Self.alignment * Self.alignment
    return place
  }

  /// To be called once, when all have their places.
  mutating func begin() {
    waiting =
      jobs.indices.sorted {
        jobs[$0].source.order < jobs[$1].source.order
      }[...]
    waiting.first.map { jobs[$0].source.advise(.willNeed) }
    untouched = waiting.first.map { jobs[$0].place.lowerBound } ?? 0
  }

  var isDone: Bool { waiting.isEmpty }

  /// Whether all that is not packed lies in a file as products can read it.
  var isReadable: Bool { !(waiting.first.map { jobs[$0].source.isMade } ?? false) }

  /// The share of the file's bytes that is packed.
  var share: Double {
    sourceByteCount > 0 ? Double(sourceByteCount - waitingByteCount) / Double(sourceByteCount) : 1
  }

  /// One piece of work, of a few huge pages: makes memory present for the next matrix, or packs it when all of its
  /// memory is. True when a matrix was packed. Threads share the work; `pace` measures how long memory took.
  ///
  /// Blocks on the disk. The file's pages are given back as soon as their matrix is packed, so that no second copy of
  /// the weights stays.
  mutating func advance(
    into memory: borrowing AlignedBuffer<UInt8>, pool: ComputePool?, pace: inout AllocationMonitor
  ) -> Bool {
    guard let index = waiting.first else { return false }
    let place = jobs[index].place
    guard untouched >= place.upperBound else {
      let page = AlignedBuffer<UInt8>.hugePageByteCount
      let first = untouched / page * page
      let end = min(place.upperBound, first + page * (pool?.threadCount ?? 1))
      let range = untouched..<end
      let elapsed = ContinuousClock().measure { Self.touch(range, of: memory, pool) }
      pace.note(byteCount: range.count, seconds: elapsed.inSeconds)
      untouched = end
      return false
    }
    waiting.removeFirst()
    let next = waiting.first.map { jobs[$0] }
    next?.source.advise(.willNeed)
    pack(jobs[index], into: UnsafeMutableRawPointer(memory.baseAddress) + place.lowerBound, pool: pool)
    jobs[index].isPacked = true
    waitingByteCount -= jobs[index].source.byteCount
    let isShared = next.map { $0.source.order == jobs[index].source.order } ?? false
    if !isShared { jobs[index].source.advise(.dontNeed) }
    untouched = next?.place.lowerBound ?? 0
    return true
  }

  /// Reads what is not packed into the system's memory, so that it can be used from the file; threads share each
  /// matrix. Blocks on the disk.
  func readWaiting(pool: ComputePool?, progress: (Double) throws -> Void) rethrows {
    var share = share
    let rest = 1 - share
    let total = waitingByteCount
    for (position, index) in zip(waiting.indices, waiting) {
      if let next = waiting[(position + 1)...].first { jobs[next].source.advise(.willNeed) }
      Self.read(jobs[index].source, pool)
      share += rest * Double(jobs[index].source.byteCount) / Double(total)
      if position + 1 < waiting.endIndex { try progress(share) }
    }
  }

  /// A placed matrix as products read it now.
  func matrix(_ place: PackedPlace, in memory: borrowing AlignedBuffer<UInt8>) -> PackedMatrix {
    let job = jobs[place.index]
    let source = job.source
    return PackedMatrix(
      type: source.type, rowCount: source.rowCount, columnCount: source.columnCount,
      bytes: UnsafeRawPointer(memory.baseAddress) + job.place.lowerBound,
      unpacked: job.isPacked
        ? nil
        : source.mapped?.baseAddress.map {
          UnpackedRows(start: $0, byteCount: source.rowByteCount)
        })
  }

  // MARK: Pieces shared by threads

  private static func touch(_ range: Range<Int>, of memory: borrowing AlignedBuffer<UInt8>, _ pool: ComputePool?) {
    guard let pool else { return memory.touch(range) }
    // Each thread takes whole pages: two that ask for the same one wait for each other.
    let page = AlignedBuffer<UInt8>.hugePageByteCount
    let first = range.lowerBound / page * page
    pool.forEachSlice(of: range.upperBound - first, granularity: page) { slice, _ in
      memory.touch((first + slice.lowerBound..<first + slice.upperBound).clamped(to: range))
    }
  }

  private static func read(_ source: WeightMatrix, _ pool: ComputePool?) {
    guard let pool, case .mapped(let file, let offset) = source.source else { return source.advise(.present) }
    pool.forEachSlice(of: source.byteCount, granularity: 1 << 20) { slice, _ in
      file.advise(offset + slice.lowerBound..<offset + slice.upperBound, .present)
    }
  }

  private func pack(_ job: Job, into place: UnsafeMutableRawPointer, pool: ComputePool?) {
    let width = Int(LH_PANEL_FEATURES)
    let panelCount = (job.source.rowCount + width - 1) / width
    guard let pool else { return job.source.pack(0..<panelCount, into: place) }
    pool.forEachSlice(of: panelCount) { panels, _ in job.source.pack(panels, into: place) }
  }
}

/// A matrix that was given a place.
struct PackedPlace: Sendable {
  fileprivate let index: Int
}

extension WeightMatrix {
  /// Tells the kernel what will become of the matrix's bytes in the file.
  func advise(_ advice: MappedFile.Advice) {
    switch source {
    case .mapped(let file, let offset): file.advise(offset..<offset + byteCount, advice)
    case .transposed(let matrix, _): matrix.advise(advice)
    default: break
    }
  }

  /// Where its bytes lie: matrices whose rows are made come first, since no product can read them before.
  fileprivate var order: (String, Int) {
    guard case .mapped(let file, let offset) = source else { return ("", 0) }
    return (file.path, offset)
  }

  /// Whether its rows are made, so that there is nothing to read before they are packed.
  fileprivate var isMade: Bool { mapped == nil }

  /// Packs some panels of it into the place of the whole matrix.
  fileprivate func pack(_ panels: Range<Int>, into place: UnsafeMutableRawPointer) {
    if let start = mapped?.baseAddress {
      return lh_pack(
        type.kernelType, start, Int64(rowByteCount), Int64(rowCount), Int64(columnCount), Int64(panels.lowerBound),
        Int64(panels.upperBound), place)
    }
    let width = Int(LH_PANEL_FEATURES)
    let panelByteCount = Int(lh_packed_bytes(type.kernelType, Int64(width), Int64(columnCount)))
    let rows = UnsafeMutableRawPointer.allocate(byteCount: width * rowByteCount, alignment: 64)
    defer { rows.deallocate() }
    for panel in panels {
      let range = panel * width..<min(rowCount, (panel + 1) * width)
      copy(range, to: rows)
      lh_pack(
        type.kernelType, rows, Int64(rowByteCount), Int64(range.count), Int64(columnCount), 0, 1,
        place + panel * panelByteCount)
    }
  }
}
