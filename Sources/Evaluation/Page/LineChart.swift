/// A chart of lines over lengths, as SVG. Lines differ by dash, marker and a label at their end, not by colour alone.
struct LineChart {
  struct Line {
    let name: String
    /// `plain` or `extended`: decides dash, marker and colour.
    let kind: String
    /// Value and standard error; values that are no number are left out.
    let points: [(x: Double, y: Double, error: Double?)]
  }

  let title: String
  let description: String
  let xTitle: String
  let yTitle: String
  let lines: [Line]
  /// The trained length: beyond it the ground is hatched.
  let border: Double?
  var isLogarithmicY = false
  var startsAtZero = false
  var yLabel: (Double) -> String = { Decimals.mark($0) }

  private static let (width, height) = (540.0, 300.0)
  private static let (left, right, top, bottom) = (58.0, 118.0, 24.0, 50.0)

  func markup() -> Markup {
    let points = lines.flatMap(\.points).filter { $0.y.isFinite && (!isLogarithmicY || $0.y > 0) }
    guard let firstX = points.map(\.x).min(), let lastX = points.map(\.x).max(),
      let lowest = points.map(\.y).min(), let highest = points.map(\.y).max()
    else { return .element("p", [:], "Nothing was measured.") }
    let x = ChartScale(firstX, lastX, isLogarithmic: true, from: Self.left, to: Self.width - Self.right)
    let low = startsAtZero ? 0 : (isLogarithmicY ? lowest / 1.3 : lowest * 0.9)
    let y = ChartScale(
      low, isLogarithmicY ? highest * 1.3 : highest * 1.08, isLogarithmic: isLogarithmicY,
      from: Self.height - Self.bottom, to: Self.top)
    var parts = Figure.head(title: title, description: description)
    parts += ground(x) + axes(x, y, lengths: Array(Set(points.map(\.x))).sorted())
    for line in lines { parts += drawing(of: line, x, y) }
    parts += labels(x, y)
    return Figure.svg(width: Self.width, height: Self.height, label: title, parts)
  }

  private func ground(_ x: ChartScale) -> [Markup] {
    guard let border, border < x.high else { return [] }
    let at = x.place(border)
    return [
      Figure.rect(
        x: at, y: Self.top, width: x.to - at, height: Self.height - Self.bottom - Self.top, ["fill": "url(#hatch)"]),
      Figure.line((at, Self.top), (at, Self.height - Self.bottom), class: "border"),
      Figure.text("beyond trained", (at + 5, Self.top + 12), class: "note"),
    ]
  }

  private func axes(_ x: ChartScale, _ y: ChartScale, lengths: [Double]) -> [Markup] {
    var parts: [Markup] = []
    for mark in y.marks(5) {
      let at = y.place(mark)
      parts.append(Figure.line((Self.left, at), (x.to, at), class: "grid"))
      parts.append(Figure.text(yLabel(mark), (Self.left - 8, at + 4), anchor: "end", class: "tick"))
    }
    for length in lengths {
      let at = x.place(length)
      parts.append(Figure.line((at, y.from), (at, y.from + 5), class: "axis"))
      parts.append(
        Figure.text(Verdict.number(Int(length)), (at, y.from + 19), anchor: "middle", class: "tick"))
    }
    parts.append(Figure.line((Self.left, y.from), (x.to, y.from), class: "axis"))
    parts.append(
      Figure.text(xTitle, ((Self.left + x.to) / 2, Self.height - 8), anchor: "middle", class: "name"))
    parts.append(Figure.text(yTitle, (4, Self.top - 10), class: "name"))
    return parts
  }

  private func drawing(of line: Line, _ x: ChartScale, _ y: ChartScale) -> [Markup] {
    let points = line.points.filter { $0.y.isFinite }
    let path = points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(Figure.number(x.place(point.x))) \(Figure.number(y.place(point.y)))"
    }
    var parts = [Markup.element("path", ["d": path.joined(separator: " "), "class": "line \(line.kind)"])]
    for point in points {
      let (px, py) = (x.place(point.x), y.place(point.y))
      if let error = point.error, error > 0 {
        let (upper, lower) = (y.place(point.y + error), y.place(point.y - error))
        parts.append(Figure.line((px, upper), (px, lower), class: "error \(line.kind)"))
      }
      parts.append(
        line.kind == "plain"
          ? Figure.rect(x: px - 4, y: py - 4, width: 8, height: 8, ["class": "marker plain"])
          : .element(
            "circle", ["cx": Figure.number(px), "cy": Figure.number(py), "r": "4.5", "class": "marker extended"]))
    }
    return parts
  }

  /// Names at the lines' ends, moved apart where they would meet.
  private func labels(_ x: ChartScale, _ y: ChartScale) -> [Markup] {
    var taken: [Double] = []
    return lines.compactMap { line in
      guard let last = line.points.last(where: { $0.y.isFinite }) else { return nil }
      var at = y.place(last.y) + 4
      while let near = taken.first(where: { abs($0 - at) < 16 }) { at = near >= at && at > 40 ? near - 16 : near + 16 }
      taken.append(at)
      return Figure.text(line.name, (x.place(last.x) + 12, at), class: "label \(line.kind)")
    }
  }
}
