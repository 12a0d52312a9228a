/// Words that the project has given up, with what to say instead. A reader of the field skims for its own words, and
/// for sentences whose actor is a component.
struct BannedWord: Sendable {
  /// Lower-case words in a row.
  let words: [String]
  let instead: String
  /// Folders where the word has another meaning than elsewhere; nil: banned everywhere.
  var folders: [String]?

  static let phrases: [BannedWord] =
    [
      (["whoever", "nobody", "somebody"], "the component that acts"),
      (["in words"], "as a message"), (["to be had"], "available"), (["anew"], "again"),
      (["told"], "sent, logged, reported, notified"),
      (["go on with", "goes on with", "going on with", "went on with", "gone on with"], "resume, continue"),
      (["near key", "near keys", "near query", "near queries", "near page", "near pages"], "neighbor keys"),
      (["far key", "far keys", "far query", "far queries"], "grouped keys"),
    ].flatMap { spellings, instead in spellings.map { BannedWord($0, instead) } }
    + ["bundle", "bundles", "slab", "slabs"].map { BannedWord($0, "panel, packing buffer", folders: kernels) }

  /// What no word and no identifier may contain, in lower case without underscores.
  private static let parts: [(part: [UInt8], instead: String)] = [
    ("quantis", "quantiz…"), ("neighbour", "neighbor"), ("nearkey", "neighborKey"), ("nearquer", "neighborQuery"),
    ("nearpage", "neighborPage"), ("nearblock", "neighborBlock"), ("farkey", "groupedKey"),
    ("farquer", "groupedQuery"), ("farblock", "groupedBlock"), ("lhbundle", "LH_PANEL"),
  ].map { (Array($0.utf8), $1) }

  /// Identifiers of before, with the field's names.
  static let identifiers: [String: String] = [
    "HeldSequence": "ResidentSequence", "StageShare": "StagePlacement", "SequenceOpening": "SequenceStart",
    "MemoryPace": "AllocationMonitor", "DecodePace": "DecodeBatchTuner", "StepPace": "StepTimeEstimator",
    "WaitingRoom": "InFlightLimiter", "RareNews": "LogThrottle", "LoadNews": "ProgressThrottle",
    "Vitals": "HeartbeatStatus", "HandshakeCheck": "ZAPHandler", "KeyGate": "AllowedKeys",
    "Suspicion": "PoisonRequestDetector", "PlanEnd": "InterruptionCause", "PlanReasons": "PlanExplanation",
    "OperatorLine": "AdminClient", "PackingSlabs": "PackingBuffers", "Farewell": "a shutdown or a drain",
    "WeightDesk": "BlobServer", "ContentShelf": "BlobStore", "WeightLines": "fetch connections",
    "HeldWeights": "LocalBlobs", "SharedModel": "PublishedModel",
  ]

  private static let kernels = [
    "Sources/CKernels", "Sources/Tensors", "Sources/Weights", "Sources/Transformer", "Sources/Benchmarks",
    "Tests/KernelTests", "Tests/WeightsTests",
  ]

  private init(_ phrase: String, _ instead: String, folders: [String]? = nil) {
    words = phrase.split(separator: " ").map(String.init)
    self.instead = instead
    self.folders = folders
  }

  private static let byFirstWord = Dictionary(grouping: phrases) { $0.words[0] }

  /// What stands in a line and should not, with what should.
  static func found(in line: Substring, folder: String) -> [String] {
    let words = line.utf8.split { !SourceMask.isWord($0) }.map { Substring($0) }
    let lower = words.map { $0.lowercased() }
    var found: [String] = []
    for (index, word) in words.enumerated() {
      for phrase in byFirstWord[lower[index]] ?? [] where lower[index...].starts(with: phrase.words) {
        // A loop over `words` is no prose.
        let isLoop = phrase.words == ["in", "words"] && lower[..<index].contains("for")
        guard !isLoop, phrase.folders?.contains(folder) ?? true else { continue }
        found.append("\(phrase.words.joined(separator: " ")) → \(phrase.instead)")
      }
      if let instead = identifiers[String(word)] ?? (word.last == "s" ? identifiers[String(word.dropLast())] : nil) {
        found.append("\(word) → \(instead)")
      }
      let letters = lower[index].utf8.filter { $0 != UInt8(ascii: "_") }
      for (part, instead) in parts where contains(letters, part) {
        found.append("\(word) → \(instead)")
      }
    }
    return found
  }

  private static func contains(_ letters: [UInt8], _ part: [UInt8]) -> Bool {
    guard letters.count >= part.count else { return false }
    return (0...letters.count - part.count).contains { letters[$0...].starts(with: part) }
  }
}
