import Inference

/// What a policy does, as a picture: the relative position that the last token's attention sees, over the distance.
struct PositionFigure {
  let policy: SelfExtendPolicy
  let length: Int

  private static let (width, height) = (540.0, 300.0)
  private static let (left, right, top, bottom) = (58.0, 118.0, 24.0, 50.0)

  func markup() -> Markup {
    let trained = Double(policy.trainedLength)
    let x = ChartScale(0, Double(length), isLogarithmic: false, from: Self.left, to: Self.width - Self.right)
    let most = max(trained, Double(policy.largestRelativePosition(length: length)))
    let y = ChartScale(0, most * 1.25, isLogarithmic: false, from: Self.height - Self.bottom, to: Self.top)
    let largest = policy.largestRelativePosition(length: length)
    let title = "Relative positions at \(Verdict.tokens(length))"
    var parts = Figure.head(
      title: title,
      description: "Plain attention sees distances up to \(length - 1); this policy up to \(largest), of a trained "
        + "length of \(policy.trainedLength).")
    let edge = y.place(trained)
    parts.append(
      Figure.rect(x: x.from, y: Self.top, width: x.to - x.from, height: edge - Self.top, ["fill": "url(#hatch)"]))
    parts.append(Figure.line((x.from, edge), (x.to, edge), class: "border"))
    parts.append(Figure.text("never trained", (x.to + 8, edge - 6), class: "note"))
    parts.append(Figure.text("trained", (x.to + 8, edge + 14), class: "note"))
    parts += axes(x, y)
    let plainEnd = min(Double(length - 1), y.high)
    parts.append(path([(0, 0), (plainEnd, plainEnd)], x, y, kind: "plain"))
    parts.append(
      Figure.text("plain", (x.place(plainEnd) + 8, y.place(plainEnd) + 12), class: "label plain"))
    parts.append(path(steps(), x, y, kind: "extended"))
    if policy.groups {
      let window = Double(policy.neighborWindow)
      parts.append(Figure.line((x.place(window), y.from), (x.place(window), y.place(window)), class: "grid"))
      parts.append(Figure.text("w = \(policy.neighborWindow)", (x.place(window) + 5, y.from - 6), class: "note"))
    }
    let end = y.place(Double(largest))
    parts.append(
      Figure.text(policy.groups ? "SelfExtend" : "this length", (x.to + 8, end + 4), class: "label extended"))
    parts.append(Figure.text("up to \(Verdict.number(largest))", (x.to + 8, end + 20), class: "note"))
    return Figure.svg(width: Self.width, height: Self.height, label: title, parts)
  }

  /// The last query's relative positions at up to 400 distances: the steps of single groups show where there are few.
  private func steps() -> [(Double, Double)] {
    let count = min(length, 400)
    return (0..<count).map { index in
      let distance = count < 2 ? 0 : index * (length - 1) / (count - 1)
      return (
        Double(distance), Double(policy.relativePosition(query: length - 1, key: length - 1 - distance))
      )
    }
  }

  private func path(_ points: [(Double, Double)], _ x: ChartScale, _ y: ChartScale, kind: String) -> Markup {
    let drawn = points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(Figure.number(x.place(point.0))) \(Figure.number(y.place(point.1)))"
    }
    return .element("path", ["d": drawn.joined(separator: " "), "class": "line \(kind)"])
  }

  private func axes(_ x: ChartScale, _ y: ChartScale) -> [Markup] {
    var parts: [Markup] = []
    for mark in y.marks(5) {
      parts.append(Figure.line((x.from, y.place(mark)), (x.to, y.place(mark)), class: "grid"))
      parts.append(
        Figure.text(Verdict.number(Int(mark)), (x.from - 8, y.place(mark) + 4), anchor: "end", class: "tick"))
    }
    for mark in x.marks(5) {
      parts.append(Figure.line((x.place(mark), y.from), (x.place(mark), y.from + 5), class: "axis"))
      parts.append(
        Figure.text(Verdict.number(Int(mark)), (x.place(mark), y.from + 19), anchor: "middle", class: "tick"))
    }
    parts.append(Figure.line((x.from, y.from), (x.to, y.from), class: "axis"))
    parts.append(
      Figure.text(
        "distance in the text, tokens", ((x.from + x.to) / 2, Self.height - 8), anchor: "middle", class: "name"))
    parts.append(Figure.text("position the model sees", (4, Self.top - 10), class: "name"))
    return parts
  }
}
