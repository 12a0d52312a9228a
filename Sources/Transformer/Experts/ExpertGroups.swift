import Tensors

/// The rows of a step grouped by the experts they are given to: first all of expert 0, then all of expert 1, each in
/// the step's order. A row's place in that order is where its input and output for the expert lie.
final class ExpertGroups {
  /// Of the step that was grouped last.
  private(set) var expertCount = 0
  /// Expert e has places `offsets[e] ..< offsets[e + 1]`.
  private let offsets: AlignedBuffer<Int32>
  /// Which row of the step each place belongs to.
  private let rows: AlignedBuffer<Int32>
  /// The place of each assignment, in the order of rows and, within a row, of experts.
  private let places: AlignedBuffer<Int32>

  init(expertCapacity: Int, assignmentCapacity: Int) throws {
    offsets = try AlignedBuffer(count: expertCapacity + 1)
    rows = try AlignedBuffer(count: assignmentCapacity)
    places = try AlignedBuffer(count: assignmentCapacity)
  }

  /// Bytes of what grows with the assignments.
  var assignmentByteCount: Int { rows.byteCount + places.byteCount }

  /// Groups a step's assignments.
  /// - Parameter chosen: `[rowCount, usedCount]`, experts below `expertCount`.
  func group(_ chosen: borrowing AlignedBuffer<Int32>, rowCount: Int, usedCount: Int, expertCount: Int) {
    precondition(expertCount < offsets.count && rowCount * usedCount <= rows.count, "more than there is room for")
    self.expertCount = expertCount
    for expert in 0...expertCount { offsets[expert] = 0 }
    // Each expert's places are counted one index up, so that filling them moves its offset to where it belongs.
    for assignment in 0..<rowCount * usedCount where Int(chosen[assignment]) + 2 <= expertCount {
      offsets[Int(chosen[assignment]) + 2] += 1
    }
    for expert in 0..<expertCount { offsets[expert + 1] += offsets[expert] }
    for assignment in 0..<rowCount * usedCount {
      let expert = Int(chosen[assignment])
      let place = offsets[expert + 1]
      offsets[expert + 1] = place + 1
      rows[Int(place)] = Int32(assignment / usedCount)
      places[assignment] = place
    }
  }

  /// Gives every row of a step to every expert, which have no shares of `row` and `place`.
  func giveAll(rowCount: Int, expertCount: Int) {
    precondition(expertCount < offsets.count, "more than there is room for")
    self.expertCount = expertCount
    for expert in 0...expertCount { offsets[expert] = Int32(expert * rowCount) }
  }

  /// All places.
  var assignmentCount: Int { Int(offsets[expertCount]) }

  func places(of expert: Int) -> Range<Int> { Int(offsets[expert])..<Int(offsets[expert + 1]) }

  func row(of place: Int) -> Int { Int(rows[place]) }

  /// - Parameter assignment: row times experts of a row, plus which of them.
  func place(of assignment: Int) -> Int { Int(places[assignment]) }

  /// Divides the experts' output features among threads by the work they are, a feature of each of an expert's rows,
  /// and calls `body` for each expert that a thread has a part of. Every feature is some thread's and no other's.
  /// - Parameters:
  ///   - featureCount: of each expert.
  ///   - granularity: parts begin at multiples of it.
  func forEachPart(
    of thread: Int, threadCount: Int, featureCount: Int, granularity: Int,
    _ body: (_ expert: Int, _ features: Range<Int>) -> Void
  ) {
    let work = assignmentCount * featureCount
    let (start, end) = (work * thread / threadCount, work * (thread + 1) / threadCount)
    for expert in 0..<expertCount {
      let places = places(of: expert)
      guard !places.isEmpty else { continue }
      // The same for the end of one thread's part and the beginning of the next one's.
      func feature(at work: Int) -> Int {
        let feature = (work - places.lowerBound * featureCount) / places.count
        return feature >= featureCount ? featureCount : max(feature, 0) / granularity * granularity
      }
      let features = feature(at: start)..<feature(at: end)
      if !features.isEmpty { body(expert, features) }
    }
  }
}
