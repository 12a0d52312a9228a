/// The card that shows policies side by side at the longest length: what won, how sure that is, and a table.
struct ComparisonCard {
  let comparison: PolicyComparison

  func markup() -> Markup {
    let head = PolicyComparison.head.map { Markup.element("th", ["scope": "col"], $0) }
    let rows = comparison.rows.map { row in Markup.element("tr", [:], row.map { .element("td", [:], $0) }) }
    let table = Markup.element(
      "table", ["class": "policies"],
      [.element("thead", [:], [.element("tr", [:], head)]), .element("tbody", [:], rows)])
    return .element(
      "section", ["class": "card wide"],
      [
        .element("h2", [:], "Policies at \(Verdict.tokens(comparison.length)), best first"),
        .element("p", ["class": "outcome"], comparison.sentences.joined(separator: " ")),
        .element(
          "p", [:],
          "All answered the same questions and scored the same tokens, so differences are taken pair by pair. A policy "
            + "that finds fewer numbers than the best, by more than the error, ranks behind; then the lower loss wins. "
            + "Losses are in nats a token; p is what chance alone would do (sign test)."),
        .element("div", ["class": "scroll"], [table]),
      ])
  }
}
