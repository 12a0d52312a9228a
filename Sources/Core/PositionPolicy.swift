/// Where RoPE sees the keys of one sequence, frozen at admission.
///
/// With query i, key j <= i and d = i - j, every method has one form: a near key (d < w, strict) keeps its distance d; a
/// far one is seen at a(i) - b(j), where `b(j) = floor(j/G)` and `a(i) = floor(i/G) + shift`. All are integers. G = 1
/// without a shift is plain attention.
package struct PositionPolicy: Hashable, Sendable {
  package let method: PositionMethod
  /// G: positions that share one far position. At least 1.
  package let groupSize: Int
  /// w: keys, the token itself included, that keep their exact distance. At least 0.
  package let neighborWindow: Int
  /// L: tokens the model was trained to read at once.
  package let trainedLength: Int

  /// Plain attention, whose longest length is the trained length.
  /// - Precondition: the length is within 1...`Limits.maximumContext`.
  package static func plain(trainedLength: Int) -> PositionPolicy {
    precondition((1...Limits.maximumContext).contains(trainedLength), "trained length out of range")
    return PositionPolicy(uncheckedPlain: trainedLength)
  }

  private init(uncheckedPlain trainedLength: Int) {
    (method, groupSize, neighborWindow, self.trainedLength) = (.selfExtend, 1, 0, trainedLength)
  }

  /// SelfExtend's. Nil when G < 1, w < 0, L < 1 or a value is beyond `Limits.maximumContext`.
  package init?(groupSize: Int, neighborWindow: Int, trainedLength: Int) {
    guard (1...Limits.maximumContext).contains(groupSize), (0...Limits.maximumContext).contains(neighborWindow),
      (1...Limits.maximumContext).contains(trainedLength)
    else { return nil }
    method = .selfExtend
    self.groupSize = groupSize
    self.neighborWindow = neighborWindow
    self.trainedLength = trainedLength
  }
}

extension PositionPolicy {
  /// How far a query's far position lies beyond its group: SelfExtend's `w - floor(w/G)`.
  private var shift: Int {
    switch method {
    case .selfExtend: neighborWindow - neighborWindow / groupSize
    }
  }

  /// Whether any key is seen at another distance than its own.
  package var groups: Bool { groupSize > 1 || shift != 0 }
  /// Whether queries have two positions: one for far keys and their own for near ones.
  package var hasNeighbors: Bool { groups && neighborWindow > 0 }
  /// Whether keys are kept at two positions: a grouped one and, for queries near them, their own.
  package var hasNeighborKeys: Bool { hasNeighbors && groupSize > 1 }

  /// Where a grouped key at `position` is rotated to: b(j).
  package func groupedKeyPosition(_ position: Int) -> Int { position / groupSize }

  /// Where a query at `position`, which is at least w, is rotated to for grouped keys: a(i), at most the position.
  package func groupedQueryPosition(_ position: Int) -> Int { position / groupSize + shift }

  /// The distance that RoPE sees between a query and an earlier or equal key.
  package func relativePosition(query: Int, key: Int) -> Int {
    let distance = query - key
    return distance < neighborWindow ? distance : groupedQueryPosition(query) - groupedKeyPosition(key)
  }

  /// The longest length at which every relative position stays below L: `G * (L - shift)`, exact in integers and at
  /// most `Limits.maximumContext`. (SelfExtend's paper has `(L - w) * G + w`, which is larger by `w mod G`.) It is L
  /// where nothing is grouped, and where the near keys alone pass it.
  package var longestLength: Int {
    guard groups, neighborWindow <= trainedLength else { return trainedLength }
    return min(max(trainedLength, groupSize * (trainedLength - shift)), Limits.maximumContext)
  }

  /// The largest distance RoPE sees in a text of `length` tokens.
  package func largestRelativePosition(length: Int) -> Int {
    guard length > 0 else { return 0 }
    let grouped = length > neighborWindow ? relativePosition(query: length - 1, key: 0) : 0
    return max(grouped, min(length, neighborWindow) - 1)
  }
}

extension PositionPolicy: CustomStringConvertible {
  package var description: String {
    groups ? "G=\(groupSize), w=\(neighborWindow) (trained \(trainedLength))" : "plain (trained \(trainedLength))"
  }
}
