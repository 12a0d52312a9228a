import Inference

/// The report of a verification as one HTML page that needs nothing else: no script, no network, no font.
package struct VerificationPage {
  private let verification: ContextVerification
  private let verdict: Verdict
  private let program: String

  /// - Parameter program: name and version, for the page's foot.
  package init(_ verification: ContextVerification, program: String) {
    self.verification = verification
    verdict = Verdict(verification)
    self.program = program
  }

  /// The page. Well-formed as XML too.
  package var html: String {
    let body = [
      Figure.patterns,
      Markup.element("main", [:], [head, facts, .element("div", ["class": "cards"], cards), table, foot]),
    ]
    let title = "\(verification.model): context of \(Verdict.tokens(verification.contextLength))"
    let page = Markup.element(
      "html", ["lang": "en"],
      [
        .element(
          "head", [:],
          [
            .element("meta", ["charset": "utf-8"]),
            .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            .element("meta", ["name": "color-scheme", "content": "light dark"]),
            // No request of any kind, whatever a name in the page tries.
            .element(
              "meta",
              ["http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"]),
            .element("title", [:], title), .style(PageStyle.sheet),
          ]),
        .element("body", [:], body),
      ])
    return "<!DOCTYPE html>\n\(page.source)\n"
  }

  private var head: Markup {
    let mark =
      switch verdict.grade {
      case .holds: "✓ holds"
      case .holdsInPart: "~ holds in part"
      case .fails: "✕ does not hold"
      }
    return .element(
      "header", [:],
      [
        .element(
          "h1", [:],
          "\(verification.model) at \(Verdict.tokens(verification.contextLength)), trained at "
            + Verdict.number(verification.trainedLength)),
        .element("div", ["class": "mark"], mark),
        .element("p", ["class": "verdict"], verdict.headline),
        .element("ul", ["class": "reasons"], verdict.reasons.map { .element("li", [:], $0) }),
      ])
  }

  private var facts: Markup {
    var facts: [(String, String)] = []
    if let row = verification.rows.last {
      facts.append(
        row.policy.groups
          ? ("\(row.policy.groupSize) × \(row.policy.neighborWindow)", "group size × neighbor window")
          : ("plain", "attention at this length"))
      let share = 100 * row.policy.largestRelativePosition(length: row.length) / verification.trainedLength
      facts.append(("\(share) %", "of the trained positions used"))
      facts.append((Verdict.number(row.policy.longestLength), "longest length it admits"))
      facts.append((bytes(row.cacheByteCount), "KV cache of such a sequence"))
      facts.append(("\(Decimals.short(row.seconds)) s", "to read such a prompt here"))
    }
    return .element(
      "ul", ["class": "facts"],
      facts.map { .element("li", [:], [.element("b", [:], $0.0), .element("span", [:], $0.1)]) })
  }

  private var cards: [Markup] {
    var cards = [card("Perplexity", "Lower is better. Bars: one standard error.", perplexity)]
    for map in verification.heatMaps {
      cards.append(
        card(
          "Finding: \(map.title), \(map.isPlain ? "plain attention" : "SelfExtend")",
          "Share of hidden numbers found, by depth in the text and length.",
          HeatMapFigure(map: map, trainedLength: verification.trainedLength).markup()))
    }
    if let row = verification.rows.last {
      cards.append(
        card(
          "What the policy does", "Far tokens share positions, so none beyond the trained ones is seen.",
          PositionFigure(policy: row.policy, length: row.length).markup()))
    }
    cards.append(
      card(
        "Time", "Seconds to read a prompt of each length alone, with \(workers).",
        chart("Seconds to read a prompt", "seconds", { $0.seconds }, { $0.plainSeconds })))
    cards.append(
      card(
        "Memory", "Keys and values of one sequence in all layers; weights take \(bytes(verification.weightByteCount)).",
        chart(
          "Memory of a sequence", unit.name, { Double($0.cacheByteCount) / unit.size },
          { Double($0.plainCacheByteCount) / unit.size })))
    return cards
  }

  private func card(_ title: String, _ note: String, _ figure: Markup) -> Markup {
    .element("section", ["class": "card"], [.element("h2", [:], title), .element("p", [:], note), figure])
  }

  private var perplexity: Markup {
    let values = verification.rows.flatMap { [$0.perplexity.perplexity, $0.plainPerplexity.perplexity] }
      .filter(\.isFinite)
    let isWide = (values.max() ?? 1) > 4 * (values.min() ?? 1)
    func points(
      _ estimate: (ContextVerification.LengthRow) -> PerplexityEstimate
    ) -> [(x: Double, y: Double, error: Double?)] {
      verification.rows.map { (Double($0.length), estimate($0).perplexity, estimate($0).standardError) }
    }
    return LineChart(
      title: "Perplexity against length", description: rowWords { Decimals.text($0.perplexity.perplexity, places: 2) },
      xTitle: "tokens", yTitle: isWide ? "perplexity (logarithmic)" : "perplexity",
      lines: [
        .init(name: "plain", kind: "plain", points: points(\.plainPerplexity)),
        .init(name: "SelfExtend", kind: "extended", points: points(\.perplexity)),
      ], border: Double(verification.trainedLength), isLogarithmicY: isWide
    ).markup()
  }

  private func chart(
    _ title: String, _ unit: String, _ value: (ContextVerification.LengthRow) -> Double,
    _ plain: (ContextVerification.LengthRow) -> Double
  ) -> Markup {
    LineChart(
      title: title, description: rowWords { "\(Decimals.short(value($0))) \(unit)" }, xTitle: "tokens", yTitle: unit,
      lines: [
        .init(name: "plain", kind: "plain", points: verification.rows.map { (Double($0.length), plain($0), nil) }),
        .init(
          name: "SelfExtend", kind: "extended",
          points: verification.rows.map { (Double($0.length), value($0), nil) }),
      ], border: Double(verification.trainedLength), startsAtZero: true
    ).markup()
  }

  private func rowWords(_ value: (ContextVerification.LengthRow) -> String) -> String {
    verification.rows.map { "\($0.length) tokens: \(value($0))" }.joined(separator: "; ")
  }

  private var table: Markup {
    let heads = [
      "tokens", "G × w", "largest position", "perplexity", "plain", "seconds", "plain", "KV cache", "plain",
    ]
    let rows = verification.rows.map { row in
      [
        Verdict.number(row.length),
        row.policy.groups ? "\(row.policy.groupSize) × \(row.policy.neighborWindow)" : "plain",
        Verdict.number(row.policy.largestRelativePosition(length: row.length)), withError(row.perplexity),
        withError(row.plainPerplexity), Decimals.short(row.seconds), Decimals.short(row.plainSeconds),
        bytes(row.cacheByteCount), bytes(row.plainCacheByteCount),
      ]
    }
    let head = Markup.element("tr", [:], heads.map { .element("th", ["scope": "col"], $0) })
    return .element(
      "details", ["open": "open"],
      [
        .element("summary", [:], "The numbers"),
        .element(
          "div", ["class": "scroll"],
          [
            .element(
              "table", [:],
              [
                .element("thead", [:], [head]),
                .element(
                  "tbody", [:], rows.map { .element("tr", [:], $0.map { .element("td", [:], $0) }) }),
              ])
          ]),
      ])
  }

  private var foot: Markup {
    .element(
      "footer", [:],
      "Made by \(program) with \(workers), seed \(verification.seed). Perplexity: windows of each length slide "
        + "over the text and score their last \(verification.stride) tokens, the same ones for all lengths. A number "
        + "is found when the first number of the greedy answer is the hidden one. SelfExtend: the policy that a "
        + "request of that length gets by itself; within the trained length that is plain attention. Times are the "
        + "better of two readings on this machine.")
  }

  private var workers: String {
    verification.workerCount == 1 ? "1 worker" : "\(verification.workerCount) workers"
  }

  private func withError(_ estimate: PerplexityEstimate) -> String {
    Decimals.text(estimate.perplexity, places: 2)
      + (estimate.standardError.map { " ± " + Decimals.text($0, places: 2) } ?? "")
  }

  /// The unit in which the largest cache is a number for people.
  private var unit: (name: String, size: Double) {
    let most = Double(verification.rows.map { max($0.cacheByteCount, $0.plainCacheByteCount) }.max() ?? 0)
    if most >= 1e9 { return ("GB", 1e9) }
    return most >= 1e6 ? ("MB", 1e6) : ("kB", 1e3)
  }

  private func bytes(_ count: Int) -> String {
    let value = Double(count)
    if value >= 1e9 { return "\(Decimals.short(value / 1e9)) GB" }
    return value >= 1e6 ? "\(Decimals.short(value / 1e6)) MB" : "\(Decimals.short(value / 1e3)) kB"
  }
}
