/// How many steps of decodes should be in flight, by what they took.
///
/// One step of all sequences reads every weight once a token, but only one stage works at a time. As many steps as
/// stages keep all of them busy, but each step reads the weights again. Which is faster depends on whether stages
/// compute or read, and on whether they share a memory bus, so it is measured: every sequence gets one token a round
/// trip, however many steps share the stages, so the number of steps with the shortest round trip wins.
///
/// For each number of steps the round trip is a line over the rows of a step (`PaceLine`). What was never tried is
/// tried; what was not tried for long is tried again if it was near the best. A value: the same notes give the same
/// choices. Tokens never depend on it.
struct DecodeBatchTuner {
  /// Notes of one step for each stage before anything else is tried, and of the others before they are compared.
  private static let firstNotes = 8
  private static let leastNotes = 4
  /// What another number of steps must gain to be changed to.
  private static let leastGain = 1.05
  /// Notes after which a number of steps within `nearness` of the best is tried again.
  private static let longAgo = 500
  private static let nearness = 2.0

  private var lines: [Int: PaceLine] = [:]
  private var noteCount = 0
  private var current: Int?

  /// A step of `rows` decodes came back while, from its sending on, `steps` such steps were in flight, it among them.
  /// - Parameter replacesOld: whether what was noted before is old.
  mutating func note(steps: Int, rows: Int, seconds: Double, replacesOld: Bool = false) {
    guard seconds > 0, rows > 0 else { return }
    noteCount += 1
    lines[steps, default: PaceLine()].note(
      rows: Double(rows), seconds: seconds, number: noteCount, replacesOld: replacesOld)
  }

  /// - Parameters:
  ///   - decoding: sequences, those in flight included.
  ///   - stageCount: at least 1.
  /// - Returns: in 1 ... `stageCount`.
  mutating func stepsInFlight(decoding: Int, stageCount: Int) -> Int {
    let most = max(1, min(decoding, stageCount))
    guard most > 1, let usual = lines[most], usual.noteCount >= Self.firstNotes else { return most }
    let candidates = Self.candidates(most)
    if let untried = candidates.first(where: { (lines[$0]?.noteCount ?? 0) < Self.leastNotes }) { return untried }
    let costs = Dictionary(
      uniqueKeysWithValues: candidates.map { ($0, seconds(decoding: decoding, steps: $0) ?? .infinity) })
    func cost(_ steps: Int) -> Double { costs[steps] ?? .infinity }
    let best = candidates.reduce(most) { cost($1) < cost($0) ? $1 : $0 }
    if !candidates.contains(current ?? 0) || cost(current ?? 0) > Self.leastGain * cost(best) { current = best }
    let stale = candidates.first {
      noteCount - (lines[$0]?.lastNote ?? 0) > Self.longAgo && cost($0) < Self.nearness * cost(best)
    }
    return stale ?? current ?? best
  }

  /// Seconds from one token of a sequence to its next, with the best number of steps tried; nil before any was.
  func seconds(decoding: Int, stageCount: Int) -> Double? {
    Self.candidates(max(1, min(decoding, stageCount))).compactMap { seconds(decoding: decoding, steps: $0) }.min()
  }

  private func seconds(decoding: Int, steps: Int) -> Double? {
    lines[steps]?.seconds(rows: Double((decoding + steps - 1) / steps))
  }

  private static func candidates(_ most: Int) -> [Int] {
    var candidates = [most]
    while let last = candidates.last, last > 1 { candidates.append(last / 2) }
    return candidates
  }
}

/// Seconds by rows, as a line through what was noted; what is older counts less.
///
/// Where only one number of rows was seen, more are taken to cost as much, and fewer to cost in proportion: the best
/// that can be hoped for, so that what is hoped for is tried.
struct PaceLine {
  /// How much the notes' weights shrink with each that follows, and with one that follows after long.
  private static let fading = 0.9
  private static let longFading = 0.25
  private static let long = 100
  /// Variance of rows below which they count as one number.
  private static let leastVariance = 0.05

  private(set) var noteCount = 0
  /// Number of the note that came last.
  private(set) var lastNote = 0
  private var weight = 0.0
  private var rows = 0.0
  private var seconds = 0.0
  private var rowsByRows = 0.0
  private var rowsBySeconds = 0.0

  /// - Parameters:
  ///   - number: counts the notes of all lines.
  ///   - replacesOld: whether it follows after long, though few notes were made meanwhile.
  mutating func note(rows: Double, seconds: Double, number: Int, replacesOld: Bool = false) {
    let fading = replacesOld || number - lastNote > Self.long ? Self.longFading : Self.fading
    noteCount += 1
    lastNote = number
    weight = weight * fading + 1
    self.rows = self.rows * fading + rows
    self.seconds = self.seconds * fading + seconds
    rowsByRows = rowsByRows * fading + rows * rows
    rowsBySeconds = rowsBySeconds * fading + rows * seconds
  }

  /// Nil before the first note.
  func seconds(rows count: Double) -> Double? {
    guard weight > 0 else { return nil }
    let (meanRows, meanSeconds) = (rows / weight, seconds / weight)
    let variance = rowsByRows / weight - meanRows * meanRows
    guard variance > Self.leastVariance else {
      return count < meanRows ? meanSeconds * count / meanRows : meanSeconds
    }
    // More rows never cost less, and no rows never less than nothing.
    let slope = (rowsBySeconds / weight - meanRows * meanSeconds) / variance
    return meanSeconds + min(max(slope, 0), meanSeconds / meanRows) * (count - meanRows)
  }
}
