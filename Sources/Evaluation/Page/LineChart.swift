/// A chart of lines over lengths, as SVG. Lines differ by dash, marker and end label, not by color alone.
struct LineChart {
  struct Line {
    let name: String
    /// `plain` or `extended`: selects dash, marker and color.
    let kind: String
    /// Value and standard error; infinity and NaN are omitted.
    let points: [(x: Double, y: Double, error: Double?)]
  }

  let title: String
  let description: String
  let xTitle: String
  let yTitle: String
  let lines: [Line]
  /// The trained context length; the background beyond it is hatched.
  let border: Double?
  var isLogarithmicY = false
  var startsAtZero = false

  func markup() -> Markup {
    // Values beyond any real measurement would overflow the scale of an axis.
    let points = lines.flatMap(\.points).filter { $0.y.isFinite && $0.y < 1e200 && (!isLogarithmicY || $0.y > 0) }
    guard let firstX = points.map(\.x).min(), let lastX = points.map(\.x).max(),
      let lowest = points.map(\.y).min(), let highest = points.map(\.y).max()
    else { return .element("p", [:], "Nothing was measured.") }
    let low = startsAtZero ? 0 : (isLogarithmicY ? lowest / 1.3 : lowest * 0.9)
    let frame = ChartFrame(
      x: firstX...lastX, y: low...max(low, isLogarithmicY ? highest * 1.3 : highest * 1.08),
      isLogarithmic: (true, isLogarithmicY))
    var parts = Figure.head(title: title, description: description)
    parts += ground(frame)
    parts += frame.axes(
      xTitle: xTitle, yTitle: yTitle, xMarks: Array(Set(points.map(\.x))).sorted(), yLabel: Decimals.mark)
    for line in lines { parts += drawing(of: line, frame) }
    parts += labels(frame)
    return frame.svg(label: title, parts)
  }

  private func ground(_ frame: ChartFrame) -> [Markup] {
    let (x, y) = (frame.x, frame.y)
    guard let border, border < x.high else { return [] }
    let at = x.place(border)
    return [
      Figure.rect(x: at, y: y.to, width: x.to - at, height: y.from - y.to, ("fill", "url(#hatch)")),
      Figure.line((at, y.to), (at, y.from), class: "border"),
      Figure.text("beyond trained", (at + 5, y.to + 12), class: "note"),
    ]
  }

  private func drawing(of line: Line, _ frame: ChartFrame) -> [Markup] {
    let points = line.points.filter { $0.y.isFinite }
    var parts = [frame.path(points.map { ($0.x, $0.y) }, kind: line.kind)]
    for point in points {
      let (px, py) = (frame.x.place(point.x), frame.y.place(point.y))
      if let error = point.error, error > 0 {
        let (upper, lower) = (frame.y.place(point.y + error), frame.y.place(point.y - error))
        parts.append(Figure.line((px, upper), (px, lower), class: "error \(line.kind)"))
      }
      parts.append(
        line.kind == "plain"
          ? Figure.rect(x: px - 4, y: py - 4, width: 8, height: 8, ("class", "marker plain"))
          : .element(
            "circle", ["cx": Figure.number(px), "cy": Figure.number(py), "r": "4.5", "class": "marker extended"]))
    }
    return parts
  }

  /// Names at the ends of the lines, moved apart where they would overlap.
  private func labels(_ frame: ChartFrame) -> [Markup] {
    var taken: [Double] = []
    return lines.compactMap { line in
      guard let last = line.points.last(where: { $0.y.isFinite }) else { return nil }
      var at = frame.y.place(last.y) + 4
      while let near = taken.first(where: { abs($0 - at) < 16 }) { at = near >= at && at > 40 ? near - 16 : near + 16 }
      taken.append(at)
      return Figure.text(line.name, (frame.x.place(last.x) + 12, at), class: "label \(line.kind)")
    }
  }
}
