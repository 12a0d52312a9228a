/// Where RoPE sees the keys of one sequence, frozen at admission.
///
/// With query i, key j <= i and d = i - j, every method has one form: a neighbor (d < w, strict) keeps its distance d;
/// a far one is seen at a(i) - b(j), where `b(j) = floor(j/G)` and `a(i) = floor(i/G) + shift`. All are integers. G = 1
/// without a shift is plain attention. SELF's groups are not of one size: b(j) is the group p(j) that j lies in
/// (`LogisticGroups`), and a(i) = w + p(i - w).
///
/// | method | G | shift | far distance |
/// |---|---|---|---|
/// | SelfExtend | G | w - floor(w/G) | floor(i/G) - floor(j/G) + w - floor(w/G) |
/// | ReRoPE | beyond any position | w | w |
/// | STRING | 1 | W - w | d - w + W |
/// | Jet-Long | G | 0 | floor(i/G) - floor(j/G) |
/// | SELF | up to G - 1 | | w + p(i - w) - p(j) |
package struct PositionPolicy: Hashable, Sendable {
  package let method: PositionMethod
  /// G: positions that share one far position. At least 1. Of SELF, one more than its largest groups have.
  package let groupSize: Int
  /// w: keys, the token itself included, that keep their exact distance. At least 0. Jet-Long's w0 is w - 1.
  package let neighborWindow: Int
  /// STRING's W, at most w; 0 for other methods.
  package let farStart: Int
  /// L: tokens the model was trained to read at once.
  package let trainedLength: Int
  /// SELF's groups; nil for methods whose groups are of one size.
  private let growing: LogisticGroups?

  /// Plain attention, whose longest length is the trained length.
  /// - Precondition: the length is within 1...`Limits.maximumContext`.
  package static func plain(trainedLength: Int) -> PositionPolicy {
    precondition((1...Limits.maximumContext).contains(trainedLength), "trained length out of range")
    return PositionPolicy(uncheckedPlain: trainedLength)
  }

  private init(uncheckedPlain trainedLength: Int) {
    (method, groupSize, neighborWindow, farStart, self.trainedLength) = (.selfExtend, 1, 0, 0, trainedLength)
    growing = nil
  }

  /// Parameters that the method has not are ignored. Nil when one that it has, or the trained length, is outside
  /// `PolicyParameter.range`, or when STRING's W is more than w.
  package init?(
    _ method: PositionMethod = .selfExtend, groupSize: Int = 1, neighborWindow: Int, farStart: Int = 0,
    trainedLength: Int
  ) {
    let groupSize =
      switch method {
      case .selfExtend, .jetLong, .logistic: groupSize
      case .reRoPE: Limits.maximumContext
      case .string: 1
      }
    let farStart = method == .string ? farStart : 0
    guard PolicyParameter.groupSize.range.contains(groupSize),
      PolicyParameter.neighborWindow.range.contains(neighborWindow),
      (1...Limits.maximumContext).contains(trainedLength), (0...neighborWindow).contains(farStart)
    else { return nil }
    (self.method, self.groupSize, self.neighborWindow) = (method, groupSize, neighborWindow)
    (self.farStart, self.trainedLength) = (farStart, trainedLength)
    growing = method == .logistic ? LogisticGroups(capacity: groupSize) : nil
  }
}

extension PositionPolicy {
  /// How far a query's far position lies beyond its group, where groups are of one size.
  private var shift: Int {
    switch method {
    case .selfExtend: neighborWindow - neighborWindow / groupSize
    case .reRoPE: neighborWindow
    case .string: farStart - neighborWindow
    case .jetLong, .logistic: 0
    }
  }

  /// Whether any key is seen at another distance than its own.
  package var groups: Bool { growing == nil ? groupSize > 1 || shift != 0 : groupSize > 2 }
  /// Whether queries have two positions: one for grouped keys and their own for near ones.
  package var hasNeighbors: Bool { groups && neighborWindow > 0 }
  /// Whether keys are kept at two positions: a grouped one and, for queries near them, their own.
  package var hasNeighborKeys: Bool { hasNeighbors && groupSize > 1 }

  /// Where a grouped key at `position`, which is below `Limits.maximumContext`, is rotated to: b(j).
  package func groupedKeyPosition(_ position: Int) -> Int { growing?.group(of: position) ?? position / groupSize }

  /// Where a query at `position`, which is at least w, is rotated to for grouped keys: a(i), at most the position.
  package func groupedQueryPosition(_ position: Int) -> Int {
    guard let growing else { return position / groupSize + shift }
    return neighborWindow + growing.group(of: position - neighborWindow)
  }

  /// The distance that RoPE sees between a query and an earlier or equal key.
  package func relativePosition(query: Int, key: Int) -> Int {
    let distance = query - key
    return distance < neighborWindow ? distance : groupedQueryPosition(query) - groupedKeyPosition(key)
  }

  /// The longest length at which every relative position stays below L: `G * (L - shift)`, exact in integers and at
  /// most `Limits.maximumContext`. (SelfExtend's paper has `(L - w) * G + w`, which is larger by `w mod G`.) It is L
  /// where nothing is grouped, and where the neighbor keys alone pass it.
  package var longestLength: Int {
    guard groups, neighborWindow <= trainedLength else { return trainedLength }
    return min(max(trainedLength, longestFarLength), Limits.maximumContext)
  }

  /// The longest length at which every far position stays below L.
  private var longestFarLength: Int {
    guard let growing else { return groupSize * (trainedLength - shift) }
    return neighborWindow + growing.firstPosition(of: trainedLength - neighborWindow)
  }

  /// The largest distance RoPE sees in a text of `length` tokens.
  package func largestRelativePosition(length: Int) -> Int {
    guard length > 0 else { return 0 }
    let grouped = length > neighborWindow ? relativePosition(query: length - 1, key: 0) : 0
    return max(grouped, min(length, neighborWindow) - 1)
  }
}

extension PositionPolicy: CustomStringConvertible {
  /// The number of a parameter; nil where the method has none such.
  package subscript(parameter: PolicyParameter) -> Int? {
    guard method.parameters.contains(parameter) else { return nil }
    return switch parameter {
    case .groupSize: groupSize
    case .neighborWindow: neighborWindow
    case .farStart: farStart
    }
  }

  /// The method's name; `plain` where nothing is grouped.
  package var methodName: String { groups ? method.rawValue : "plain" }

  /// As `PolicyRequest` reads it: `plain`, `8x1024` for SelfExtend, else `rerope:1024`, `string:1365,128`.
  package var name: String { groups ? PolicyRequest(self).description : "plain" }

  /// The method and its numbers as a phrase: `SelfExtend with group size 8, neighbor window 1024`.
  package var phrase: String {
    guard groups else { return "plain attention" }
    let numbers = method.parameters.compactMap { parameter in self[parameter].map { "\(parameter.phrase) \($0)" } }
    return "\(method.title) with \(numbers.joined(separator: ", "))"
  }

  package var description: String {
    let numbers = method.parameters.compactMap { parameter in self[parameter].map { "\(parameter.symbol)=\($0)" } }
    let name = method == .selfExtend ? "" : "\(method.title) "
    return groups
      ? "\(name)\(numbers.joined(separator: ", ")) (trained \(trainedLength))" : "plain (trained \(trainedLength))"
  }
}
