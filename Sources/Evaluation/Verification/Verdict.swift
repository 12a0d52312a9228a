/// What a verification comes down to: how far the model may be trusted, in plain words. Pure.
package struct Verdict: Hashable, Sendable {
  package enum Grade: Hashable, Sendable {
    /// Every measured length holds.
    case holds
    /// Some lengths beyond the trained one hold.
    case holdsInPart
    /// Nothing beyond the trained length holds.
    case fails
  }

  /// The longest measured length that holds together with all shorter ones; nil when none does.
  package let trustedLength: Int?
  package let grade: Grade
  /// The one sentence.
  package let headline: String
  /// What it rests on.
  package let reasons: [String]

  /// Perplexity may be this much above that within the trained length.
  static let perplexityRatio = 1.15
  /// Of the share found within the trained length, this much must still be found.
  static let retrievalShare = 0.8
  /// Less found within the trained length, and finding is no measure for this model.
  static let leastRetrieval = 0.5

  package init(_ verification: ContextVerification) {
    guard !verification.rows.isEmpty else {
      (trustedLength, grade, headline, reasons) = (nil, .fails, "Nothing was measured.", [])
      return
    }
    let judge = Judge(verification)
    let holding = verification.rows.indices.prefix { judge.failure(at: $0) == nil }
    let lengths = verification.rows.map(\.length)
    trustedLength = holding.last.map { lengths[$0] }
    let firstFailing = holding.endIndex < verification.rows.endIndex ? holding.endIndex : nil
    let failure = firstFailing.flatMap { judge.failure(at: $0) }
    let trust = judge.retrievalCounts ? "Trust it" : "By perplexity alone, trust it"
    switch (trustedLength, firstFailing) {
    case (let trusted?, nil):
      grade = .holds
      headline = "\(trust) to \(Self.tokens(trusted)), the longest length measured."
    case (let trusted?, let index?):
      grade = trusted > verification.trainedLength ? .holdsInPart : .fails
      headline = "\(trust) to \(Self.tokens(trusted)); at \(Self.number(lengths[index])), \(failure ?? "it fails")."
    default:
      grade = .fails
      headline = "Do not trust it: already at \(Self.tokens(lengths.first ?? 0)), \(failure ?? "it fails")."
    }
    reasons = judge.reasons(trusted: holding.last)
  }

  static func tokens(_ count: Int) -> String { "\(number(count)) tokens" }

  /// With a comma between thousands.
  static func number(_ value: Int) -> String {
    var digits = Array(String(value))
    var place = digits.count - 3
    while place > 0 {
      digits.insert(",", at: place)
      place -= 3
    }
    return String(digits)
  }
}

/// Weighs one verification.
private struct Judge {
  private let verification: ContextVerification
  private let maps: [ContextVerification.HeatMap]
  private let base: Int
  /// Whether the model finds enough within its trained length for finding to mean something, a map.
  private let mapCounts: [Bool]

  init(_ verification: ContextVerification) {
    self.verification = verification
    maps = verification.heatMaps.filter { !$0.isPlain }
    // The longest length that is still plain.
    let base = verification.rows.lastIndex { $0.length <= verification.trainedLength } ?? 0
    self.base = base
    mapCounts = maps.map { $0.shares.indices.contains(base) && $0.share(at: base).share >= Verdict.leastRetrieval }
  }

  /// Whether any map has a say.
  var retrievalCounts: Bool { mapCounts.contains(true) }

  /// What is wrong at a length, as the rest of a sentence; nil when it holds.
  func failure(at index: Int) -> String? {
    let row = verification.rows[index]
    let ratio = row.perplexity.perplexity / verification.rows[base].perplexity.perplexity
    let error = (row.perplexity.standardError ?? 0) / verification.rows[base].perplexity.perplexity
    // The benefit of the doubt: only what is above the bound by two standard errors fails.
    if !(ratio - 2 * error <= Verdict.perplexityRatio) {
      return "perplexity is \(tenths(ratio)) times that within the trained length"
    }
    for (map, counts) in zip(maps, mapCounts) where counts && map.shares.indices.contains(index) {
      let share = map.share(at: index)
      guard share.trialCount > 0 else { continue }
      let wanted = Verdict.retrievalShare * map.share(at: base).share
      if share.share < wanted { return "retrieval falls to \(percent(share.share)) (\(map.title))" }
    }
    return nil
  }

  func reasons(trusted: Int?) -> [String] {
    var reasons: [String] = []
    let row = verification.rows[trusted ?? base]
    let first = verification.rows[base]
    reasons.append(
      "Perplexity at \(Verdict.tokens(row.length)) is \(hundredths(row.perplexity.perplexity)); within the trained "
        + "length it is \(hundredths(first.perplexity.perplexity)). It may be \(hundredths(Verdict.perplexityRatio)) "
        + "times that.")
    for (map, counts) in zip(maps, mapCounts) {
      guard map.shares.indices.contains(base) else { continue }
      let within = map.share(at: base)
      guard counts else {
        reasons.append(
          "The model finds only \(percent(within.share)) (\(map.title)) within its trained length: this does not "
            + "count.")
        continue
      }
      let index = trusted ?? base
      reasons.append(
        "It finds \(percent(map.share(at: index).share)) (\(map.title)) at \(Verdict.tokens(row.length)), "
          + "\(percent(within.share)) within the trained length; \(percent(Verdict.retrievalShare)) of that must "
          + "remain.")
    }
    if let broken = verification.rows.first(where: {
      $0.plainPerplexity.perplexity > Verdict.perplexityRatio * first.perplexity.perplexity
        && $0.length > verification.trainedLength
    }) {
      reasons.append(
        "Plain attention breaks down earlier: at \(Verdict.tokens(broken.length)) its perplexity is "
          + "\(hundredths(broken.plainPerplexity.perplexity)).")
    }
    return reasons
  }

  private func percent(_ share: Double) -> String { "\(Int((100 * share).rounded())) %" }
  private func tenths(_ value: Double) -> String { Decimals.text(value, places: 1) }
  private func hundredths(_ value: Double) -> String { Decimals.text(value, places: 2) }
}
