/// The frame of a chart: its size, two axes with marks, and its lines.
struct ChartFrame {
  static let (width, height) = (540.0, 300.0)
  static let (left, top) = (58.0, 24.0)
  /// The plot area ends here: line names are to its right, axis marks below.
  static let (right, bottom) = (width - 118, height - 50)

  let x: ChartScale
  let y: ChartScale

  /// - Parameter isLogarithmic: by axis.
  init(x: ClosedRange<Double>, y: ClosedRange<Double>, isLogarithmic: (x: Bool, y: Bool)) {
    self.x = ChartScale(
      x.lowerBound, x.upperBound, isLogarithmic: isLogarithmic.x, from: Self.left, to: Self.right)
    self.y = ChartScale(
      y.lowerBound, y.upperBound, isLogarithmic: isLogarithmic.y, from: Self.bottom, to: Self.top)
  }

  func axes(xTitle: String, yTitle: String, xMarks: [Double], yLabel: (Double) -> String) -> [Markup] {
    var parts: [Markup] = []
    for mark in y.marks(5) {
      let at = y.place(mark)
      parts.append(Figure.line((x.from, at), (x.to, at), class: "grid"))
      parts.append(Figure.text(yLabel(mark), (x.from - 8, at + 4), anchor: "end", class: "tick"))
    }
    for mark in xMarks {
      let at = x.place(mark)
      parts.append(Figure.line((at, y.from), (at, y.from + 5), class: "axis"))
      parts.append(Figure.text(Decimals.grouped(Int(mark)), (at, y.from + 19), anchor: "middle", class: "tick"))
    }
    parts.append(Figure.line((x.from, y.from), (x.to, y.from), class: "axis"))
    parts.append(
      Figure.text(xTitle, ((x.from + x.to) / 2, Self.height - 8), anchor: "middle", class: "name"))
    parts.append(Figure.text(yTitle, (4, Self.top - 10), class: "name"))
    return parts
  }

  /// A line through points; `kind` is `plain` or `extended`.
  func path(_ points: [(x: Double, y: Double)], kind: String) -> Markup {
    let drawn = points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(Figure.number(x.place(point.x))) \(Figure.number(y.place(point.y)))"
    }
    return .element("path", ["d": drawn.joined(separator: " "), "class": "line \(kind)"])
  }

  func svg(label: String, _ parts: [Markup]) -> Markup {
    Figure.svg(width: Self.width, height: Self.height, label: label, parts)
  }
}
