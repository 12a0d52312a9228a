/// The known name that a mistyped one is most like.
enum NearestName {
  /// Nil where none is like it: more than a third of the letters differ.
  static func of(_ name: String, among known: [String]) -> String? {
    let name = String(name.prefix(64))
    let found = known.map { (name: $0, distance: distance(Array(name.utf8), Array($0.utf8))) }
      .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let found, found.distance <= max(2, name.utf8.count / 3) else { return nil }
    return found.name
  }

  /// Letters inserted, deleted or replaced, by Levenshtein's table.
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let replaced = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
