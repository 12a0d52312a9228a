import Core

/// The report of a verification as one self-contained HTML page: no script, network or font.
package struct VerificationPage {
  private let verification: ContextVerification
  private let verdict: Verdict
  private let program: String

  /// - Parameter program: name and version, for the page footer.
  package init(_ verification: ContextVerification, program: String) {
    self.verification = verification
    verdict = Verdict(verification)
    self.program = program
  }

  /// The page, also well-formed as XML.
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
            // Forbids every request, whatever a name in the page contains.
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
      case .passes: "✓ passes"
      case .passesInPart: "~ passes in part"
      case .fails: "✕ fails"
      }
    return .element(
      "header", [:],
      [
        .element(
          "h1", [:],
          "\(verification.model) at \(Verdict.tokens(verification.contextLength)), trained context "
            + Decimals.grouped(verification.trainedLength)),
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
          ? (Self.name(row.policy), Self.numbers(row.policy))
          : ("plain", "attention at this length"))
      let share = 100 * row.policy.largestRelativePosition(length: row.length) / verification.trainedLength
      facts.append(("\(share) %", "of the trained positions used"))
      facts.append((Decimals.grouped(row.policy.longestLength), "longest length of this policy"))
      facts.append((Decimals.bytes(row.cacheByteCount), "KV cache of a sequence of this length"))
      facts.append(("\(Decimals.short(row.seconds)) s", "to prefill a prompt of this length"))
    }
    return .element(
      "ul", ["class": "facts"],
      facts.map { .element("li", [:], [.element("b", [:], $0.0), .element("span", [:], $0.1)]) })
  }

  private var cards: [Markup] {
    var cards = verification.comparison.map { [ComparisonCard(comparison: $0).markup()] } ?? []
    cards.append(
      card("Perplexity", "Lower is better. Bars: one standard error.", perplexity))
    for map in verification.heatMaps {
      cards.append(
        card(
          "Retrieval: \(map.title), \(map.isPlain ? "plain attention" : method)",
          "Share of hidden numbers found, by depth and length.",
          HeatMapFigure(map: map, trainedLength: verification.trainedLength).markup()))
    }
    if let row = verification.rows.last {
      cards.append(
        card(
          "Relative positions", "Distant tokens share grouped positions, which stay within the trained context.",
          PositionFigure(policy: row.policy, length: row.length).markup()))
    }
    cards.append(
      card(
        "Time", "Prefill seconds of a single prompt of each length, with \(workers).",
        chart("Prefill seconds", "seconds", { $0.seconds }, { $0.plainSeconds })))
    cards.append(
      card(
        "Memory", "KV cache of one sequence in all layers. Weights: \(Decimals.bytes(verification.weightByteCount)).",
        chart(
          "KV cache of a sequence", unit.name, { Double($0.cacheByteCount) / unit.size },
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
      title: "Perplexity against length",
      description: rowSummary { Decimals.text($0.perplexity.perplexity, places: 2) },
      xTitle: "tokens", yTitle: isWide ? "perplexity (logarithmic)" : "perplexity",
      lines: [
        .init(name: "plain", kind: "plain", points: points(\.plainPerplexity)),
        .init(name: method, kind: "extended", points: points(\.perplexity)),
      ], border: Double(verification.trainedLength), isLogarithmicY: isWide
    ).markup()
  }

  private func chart(
    _ title: String, _ unit: String, _ value: (ContextVerification.LengthRow) -> Double,
    _ plain: (ContextVerification.LengthRow) -> Double
  ) -> Markup {
    LineChart(
      title: title, description: rowSummary { "\(Decimals.short(value($0))) \(unit)" }, xTitle: "tokens", yTitle: unit,
      lines: [
        .init(name: "plain", kind: "plain", points: verification.rows.map { (Double($0.length), plain($0), nil) }),
        .init(
          name: method, kind: "extended",
          points: verification.rows.map { (Double($0.length), value($0), nil) }),
      ], border: Double(verification.trainedLength), startsAtZero: true
    ).markup()
  }

  private func rowSummary(_ value: (ContextVerification.LengthRow) -> String) -> String {
    verification.rows.map { "\($0.length) tokens: \(value($0))" }.joined(separator: "; ")
  }

  private var table: Markup {
    let heads = [
      "tokens", "policy", "largest position", "perplexity", "plain", "seconds", "plain", "KV cache", "plain",
    ]
    let rows = verification.rows.map { row in
      [
        Decimals.grouped(row.length),
        Self.name(row.policy),
        Decimals.grouped(row.policy.largestRelativePosition(length: row.length)), row.perplexity.text,
        row.plainPerplexity.text, Decimals.short(row.seconds), Decimals.short(row.plainSeconds),
        Decimals.bytes(row.cacheByteCount), Decimals.bytes(row.plainCacheByteCount),
      ]
    }
    let head = Markup.element("tr", [:], heads.map { .element("th", ["scope": "col"], $0) })
    return .element(
      "details", ["open": "open"],
      [
        .element("summary", [:], "Data"),
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
      "Measured by \(program) with \(workers), seed \(verification.seed). Perplexity: windows of each length slide "
        + "over the text and score their last \(verification.stride) tokens, the same tokens for all lengths. "
        + "Retrieval: a number is found when the first number of the greedy completion is the hidden one. \(method): "
        + "the policy of each length, which is plain attention within the trained context. Times are the "
        + "better of two runs on this machine.")
  }

  /// The method's name, as its authors write it.
  private var method: String { (verification.rows.last?.policy.method ?? .selfExtend).title }

  private static func name(_ policy: PositionPolicy) -> String {
    policy.groups && policy.method == .selfExtend ? "\(policy.groupSize) × \(policy.neighborWindow)" : policy.name
  }

  /// What the numbers of a name are.
  private static func numbers(_ policy: PositionPolicy) -> String {
    policy.method.parameters.map(\.phrase).joined(separator: policy.method == .selfExtend ? " × " : ", ")
  }

  private var workers: String {
    verification.workerCount == 1 ? "1 worker" : "\(verification.workerCount) workers"
  }

  /// The unit of the largest cache.
  private var unit: (name: String, size: Double) {
    Decimals.byteUnit(for: verification.rows.map { max($0.cacheByteCount, $0.plainCacheByteCount) }.max() ?? 0)
  }
}
