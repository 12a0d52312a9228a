import CKernels
import Inference
import Tensors

/// Lays matrices out in one piece of memory: first each is given its place, then all are packed into it.
///
/// A packed matrix is as large as in the file, but for the channels that fill its last bundle.
struct WeightPacking {
  /// A matrix of the file and where its packed form begins.
  private struct Job {
    let source: WeightMatrix
    let offset: Int
  }

  /// Places begin on their own cache lines.
  private static let alignment = 64
  private var jobs: [Job] = []
  /// Bytes of everything placed.
  private(set) var byteCount = 0

  /// Gives a matrix its place.
  mutating func place(_ matrix: WeightMatrix) -> PackedPlace {
    let size = lh_packed_bytes(matrix.type.kernelType, Int64(matrix.rowCount), Int64(matrix.columnCount))
    // The file's directory was checked: rows are whole blocks, and a file's sizes cannot overflow.
    precondition(size > 0, "every type that is read can be packed")
    let place = PackedPlace(
      type: matrix.type, rowCount: matrix.rowCount, columnCount: matrix.columnCount, offset: byteCount)
    jobs.append(Job(source: matrix, offset: byteCount))
    byteCount = (byteCount + Int(size) + Self.alignment - 1) / Self.alignment * Self.alignment
    return place
  }

  /// Packs everything into `memory`, which has at least `byteCount` bytes, zeroed. Pages of the file are given back as
  /// soon as their matrix is packed, so that no second copy of the weights stays.
  ///
  /// Blocks on the disk. Threads share the bundles of each matrix. `progress` is given the share done, ascending, at
  /// the end 1; what it throws ends the work.
  func pack(into memory: UnsafeMutableRawPointer, pool: ComputePool?, progress: (Double) throws -> Void) rethrows {
    let inFileOrder = jobs.sorted {
      ($0.source.file.path, $0.source.offset) < ($1.source.file.path, $1.source.offset)
    }
    let total = jobs.reduce(0) { $0 + $1.source.byteCount }
    var done = 0
    inFileOrder.first?.source.advise(.willNeed)
    for (index, job) in inFileOrder.enumerated() {
      let next = inFileOrder.dropFirst(index + 1).first
      next?.source.advise(.willNeed)
      pack(job, into: memory + job.offset, pool: pool)
      if next.map({ $0.source.offset != job.source.offset }) ?? true { job.source.advise(.dontNeed) }
      done += job.source.byteCount
      if done < total { try progress(Double(done) / Double(total)) }
    }
    try progress(1)
  }

  private func pack(_ job: Job, into place: UnsafeMutableRawPointer, pool: ComputePool?) {
    let source = job.source
    guard let start = source.bytes.baseAddress else { return }
    let width = Int(LH_BUNDLE_CHANNELS)
    let bundleCount = (source.rowCount + width - 1) / width
    func packBundles(_ bundles: Range<Int>) {
      lh_pack(
        source.type.kernelType, start, Int64(source.rowByteCount), Int64(source.rowCount), Int64(source.columnCount),
        Int64(bundles.lowerBound), Int64(bundles.upperBound), place)
    }
    guard let pool else { return packBundles(0..<bundleCount) }
    pool.forEachSlice(of: bundleCount) { bundles, _ in packBundles(bundles) }
  }
}

/// Where a packed matrix will be, before its memory is there.
struct PackedPlace: Sendable {
  let type: ElementType
  let rowCount: Int
  let columnCount: Int
  let offset: Int

  func packed(at base: UnsafeMutableRawPointer) -> PackedMatrix {
    PackedMatrix(type: type, rowCount: rowCount, columnCount: columnCount, bytes: UnsafeRawPointer(base + offset))
  }
}

extension WeightMatrix {
  /// Tells the kernel what will become of the matrix's bytes in the file.
  func advise(_ advice: MappedFile.Advice) { file.advise(offset..<offset + byteCount, advice) }
}
