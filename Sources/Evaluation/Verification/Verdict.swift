/// The conclusion of a verification: the length up to which the model works. Pure.
package struct Verdict: Hashable, Sendable {
  package enum Grade: Hashable, Sendable {
    /// Every measured length passes.
    case passes
    /// Some lengths beyond the trained context pass.
    case passesInPart
    /// No length beyond the trained context passes.
    case fails
  }

  /// The longest measured length that passes with all shorter ones; nil when none does.
  package let trustedLength: Int?
  package let grade: Grade
  /// The conclusion in one sentence.
  package let headline: String
  /// The measurements behind it.
  package let reasons: [String]

  /// Maximum perplexity relative to that within the trained context.
  static let perplexityRatio = 1.15
  /// Minimum retrieval relative to that within the trained context.
  static let retrievalShare = 0.8
  /// A task with less retrieval within the trained context does not count for this model.
  static let leastRetrieval = 0.5

  package init(_ verification: ContextVerification) {
    guard !verification.rows.isEmpty else {
      (trustedLength, grade, headline, reasons) = (nil, .fails, "Nothing was measured.", [])
      return
    }
    let judge = Judge(verification)
    let passing = verification.rows.indices.prefix { judge.failure(at: $0) == nil }
    let lengths = verification.rows.map(\.length)
    trustedLength = passing.last.map { lengths[$0] }
    let firstFailing = passing.endIndex < verification.rows.endIndex ? passing.endIndex : nil
    let failure = firstFailing.flatMap { judge.failure(at: $0) }
    let basis = judge.retrievalCounts ? "The model works" : "By perplexity alone, the model works"
    switch (trustedLength, firstFailing) {
    case (let trusted?, nil):
      grade = .passes
      headline = "\(basis) up to \(Self.tokens(trusted)), the longest measured length."
    case (let trusted?, let index?):
      grade = trusted > verification.trainedLength ? .passesInPart : .fails
      headline =
        "\(basis) up to \(Self.tokens(trusted)); at \(Decimals.grouped(lengths[index])), \(failure ?? "it fails")."
    default:
      grade = .fails
      headline = "The model fails: already at \(Self.tokens(lengths.first ?? 0)), \(failure ?? "it fails")."
    }
    reasons = judge.reasons(trusted: passing.last)
  }

  static func tokens(_ count: Int) -> String { "\(Decimals.grouped(count)) tokens" }
}

/// Judges one verification.
private struct Judge {
  private let verification: ContextVerification
  private let maps: [ContextVerification.HeatMap]
  private let base: Int
  /// Whether each map counts: the model finds enough numbers within its trained context.
  private let mapCounts: [Bool]

  init(_ verification: ContextVerification) {
    self.verification = verification
    maps = verification.heatMaps.filter { !$0.isPlain }
    // The longest length within the trained context.
    let base = verification.rows.lastIndex { $0.length <= verification.trainedLength } ?? 0
    self.base = base
    mapCounts = maps.map { $0.shares.indices.contains(base) && $0.share(at: base).share >= Verdict.leastRetrieval }
  }

  /// Whether any map counts.
  var retrievalCounts: Bool { mapCounts.contains(true) }

  /// Why a length fails, as a clause; nil when it passes.
  func failure(at index: Int) -> String? {
    let row = verification.rows[index]
    let ratio = row.perplexity.perplexity / verification.rows[base].perplexity.perplexity
    let error = (row.perplexity.standardError ?? 0) / verification.rows[base].perplexity.perplexity
    // A length fails only when it exceeds the bound by two standard errors.
    if !(ratio - 2 * error <= Verdict.perplexityRatio) {
      return "perplexity is \(Decimals.text(ratio, places: 1)) times that within the trained context"
    }
    for (map, counts) in zip(maps, mapCounts) where counts && map.shares.indices.contains(index) {
      let share = map.share(at: index)
      guard share.trialCount > 0 else { continue }
      let wanted = Verdict.retrievalShare * map.share(at: base).share
      if share.share < wanted { return "retrieval drops to \(Decimals.percent(share.share)) (\(map.title))" }
    }
    return nil
  }

  func reasons(trusted: Int?) -> [String] {
    var reasons: [String] = []
    let row = verification.rows[trusted ?? base]
    let first = verification.rows[base]
    reasons.append(
      "Perplexity is \(hundredths(row.perplexity.perplexity)) at \(Verdict.tokens(row.length)) and "
        + "\(hundredths(first.perplexity.perplexity)) within the trained context. The limit is "
        + "\(hundredths(Verdict.perplexityRatio)) times that.")
    for (map, counts) in zip(maps, mapCounts) {
      guard map.shares.indices.contains(base) else { continue }
      let within = map.share(at: base)
      guard counts else {
        reasons.append(
          "Retrieval (\(map.title)) is only \(Decimals.percent(within.share)) within the trained context, so it does "
            + "not count.")
        continue
      }
      let index = trusted ?? base
      reasons.append(
        "Retrieval (\(map.title)) is \(Decimals.percent(map.share(at: index).share)) at \(Verdict.tokens(row.length)) "
          + "and \(Decimals.percent(within.share)) within the trained context. The limit is "
          + "\(Decimals.percent(Verdict.retrievalShare)) of that.")
    }
    if let broken = verification.rows.first(where: {
      $0.plainPerplexity.perplexity > Verdict.perplexityRatio * first.perplexity.perplexity
        && $0.length > verification.trainedLength
    }) {
      reasons.append(
        "Plain attention fails earlier: its perplexity is \(hundredths(broken.plainPerplexity.perplexity)) at "
          + "\(Verdict.tokens(broken.length)).")
    }
    return reasons
  }

  private func hundredths(_ value: Double) -> String { Decimals.text(value, places: 2) }
}
