/// A heat map of retrieval: depths down, lengths across, each cell with its share as a number.
struct HeatMapFigure {
  let map: ContextVerification.HeatMap
  let trainedLength: Int

  private static let (left, top, cellWidth, cellHeight) = (70.0, 26.0, 76.0, 34.0)

  func markup() -> Markup {
    let width = Self.left + Double(map.lengths.count) * Self.cellWidth + 12
    let height = Self.top + Double(map.depths.count) * Self.cellHeight + 56
    let name = "\(map.title), \(map.isPlain ? "plain attention" : "SelfExtend")"
    var parts = Figure.head(title: name, description: description)
    for (row, depth) in map.depths.enumerated() {
      let y = Self.top + Double(row) * Self.cellHeight
      parts.append(
        Figure.text(Decimals.percent(depth), (Self.left - 8, y + 22), anchor: "end", class: "tick"))
    }
    for (column, length) in map.lengths.enumerated() {
      let x = Self.left + Double(column) * Self.cellWidth
      for row in map.depths.indices {
        parts += field(map.shares[column][row], x: x, y: Self.top + Double(row) * Self.cellHeight)
      }
      let bottom = Self.top + Double(map.depths.count) * Self.cellHeight
      parts.append(
        Figure.text(
          percent(map.share(at: column)), (x + Self.cellWidth / 2, bottom + 22), anchor: "middle",
          class: "total"))
      parts.append(
        Figure.text(Decimals.grouped(length), (x + Self.cellWidth / 2, bottom + 46), anchor: "middle", class: "tick"))
    }
    let bottom = Self.top + Double(map.depths.count) * Self.cellHeight
    parts.append(Figure.text("depth", (4, Self.top - 10), class: "name"))
    parts.append(Figure.text("all", (Self.left - 8, bottom + 22), anchor: "end", class: "tick"))
    parts.append(Figure.text("tokens", (Self.left - 8, bottom + 46), anchor: "end", class: "name"))
    parts += border(bottom: bottom)
    return Figure.svg(width: width, height: height, label: name, parts)
  }

  /// Darkness and number show the same, so color is not needed; a cell with nothing found is crossed out.
  private func field(_ estimate: ShareEstimate, x: Double, y: Double) -> [Markup] {
    let step = Int((estimate.share * 5).rounded(.down))
    var parts = [
      Figure.rect(
        x: x + 1.5, y: y + 1.5, width: Self.cellWidth - 3, height: Self.cellHeight - 3, ("class", "heat heat\(step)"))
    ]
    if estimate.trialCount > 0, estimate.successCount == 0 {
      parts.append(
        Figure.line((x + 10, y + Self.cellHeight - 8), (x + Self.cellWidth - 10, y + 8), class: "cross"))
    }
    parts.append(
      Figure.text(
        percent(estimate), (x + Self.cellWidth / 2, y + 22), anchor: "middle", class: "share on\(step)"))
    return parts
  }

  /// The line between the last length within the trained context and the first beyond.
  private func border(bottom: Double) -> [Markup] {
    guard let column = map.lengths.firstIndex(where: { $0 > trainedLength }), column > 0 else { return [] }
    let x = Self.left + Double(column) * Self.cellWidth
    return [
      Figure.line((x, Self.top - 12), (x, bottom + 28), class: "border"),
      Figure.text("beyond trained", (x + 5, Self.top - 4), class: "note"),
    ]
  }

  private var description: String {
    map.lengths.indices.map { "\(map.lengths[$0]) tokens: \(percent(map.share(at: $0))) found" }
      .joined(separator: "; ")
  }

  /// A dash when there were no questions.
  private func percent(_ estimate: ShareEstimate) -> String {
    estimate.trialCount == 0 ? "–" : Decimals.percent(estimate.share)
  }
}
