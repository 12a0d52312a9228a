/// How positions are grouped for one sequence: SelfExtend (arXiv 2401.01325), frozen at admission.
///
/// With query i, key j <= i and d = i - j: d < w (strict) keeps relative position d; else it is
/// `floor(i/G) - floor(j/G) + w - floor(w/G)`. G = 1 is plain attention.
package struct SelfExtendPolicy: Hashable, Sendable, CustomStringConvertible {
  /// G: positions that share one grouped position. At least 1.
  package let groupSize: Int
  /// w: keys, the token itself included, that keep their exact distance. At least 0.
  package let neighborWindow: Int
  /// L: tokens the model was trained to read at once.
  package let trainedLength: Int

  /// Plain attention, whose longest length is the trained length.
  /// - Precondition: the length is within 1...`Limits.maximumContext`.
  package static func plain(trainedLength: Int) -> SelfExtendPolicy {
    precondition((1...Limits.maximumContext).contains(trainedLength), "trained length out of range")
    return SelfExtendPolicy(uncheckedPlain: trainedLength)
  }

  private init(uncheckedPlain trainedLength: Int) {
    (groupSize, neighborWindow, self.trainedLength) = (1, 0, trainedLength)
  }

  /// Nil when G < 1, w < 0, L < 1 or a value is beyond `Limits.maximumContext`.
  package init?(groupSize: Int, neighborWindow: Int, trainedLength: Int) {
    guard (1...Limits.maximumContext).contains(groupSize), (0...Limits.maximumContext).contains(neighborWindow),
      (1...Limits.maximumContext).contains(trainedLength)
    else { return nil }
    self.groupSize = groupSize
    self.neighborWindow = neighborWindow
    self.trainedLength = trainedLength
  }

  /// Whether any key is seen at another distance than its own.
  package var groups: Bool { groupSize > 1 }
  /// Whether keys are seen at two positions: a grouped one and, by queries near them, their own.
  package var hasNeighbors: Bool { groups && neighborWindow > 0 }

  /// Where a grouped key at `position` is rotated to: `floor(j/G)`.
  package func groupedKeyPosition(_ position: Int) -> Int { position / groupSize }

  /// Where a query at `position` is rotated to for grouped keys: `floor(i/G) + w - floor(w/G)`.
  package func groupedQueryPosition(_ position: Int) -> Int {
    position / groupSize + neighborWindow - neighborWindow / groupSize
  }

  /// The distance that RoPE sees between a query and an earlier or equal key.
  package func relativePosition(query: Int, key: Int) -> Int {
    let distance = query - key
    return distance < neighborWindow ? distance : groupedQueryPosition(query) - groupedKeyPosition(key)
  }

  /// The longest length at which every relative position stays below L: `G * (L - w + floor(w/G))`, exact in integers.
  /// (The paper's `(L - w) * G + w` is larger by `w mod G`.) With G = 1 it is L; when w alone reaches L it is L,
  /// since no longer text can keep its neighbors inside the window.
  package var longestLength: Int {
    let groupedPositions = trainedLength - neighborWindow + neighborWindow / groupSize
    guard groups, neighborWindow < trainedLength else { return trainedLength }
    let (length, overflow) = groupSize.multipliedReportingOverflow(by: groupedPositions)
    return overflow ? Int.max : length
  }

  /// The largest distance RoPE sees in a text of `length` tokens.
  package func largestRelativePosition(length: Int) -> Int {
    guard length > 0 else { return 0 }
    let grouped = length > neighborWindow ? relativePosition(query: length - 1, key: 0) : 0
    return max(grouped, min(length, neighborWindow) - 1)
  }

  package var description: String {
    groups ? "G=\(groupSize), w=\(neighborWindow) (trained \(trainedLength))" : "plain (trained \(trainedLength))"
  }
}
