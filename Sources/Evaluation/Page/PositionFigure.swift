import Core

/// A chart of a policy: the relative position that the last query uses, by distance.
struct PositionFigure {
  let policy: PositionPolicy
  let length: Int

  func markup() -> Markup {
    let trained = Double(policy.trainedLength)
    let largest = policy.largestRelativePosition(length: length)
    let frame = ChartFrame(
      x: 0...Double(length), y: 0...1.25 * max(trained, Double(largest)), isLogarithmic: (false, false))
    let (x, y) = (frame.x, frame.y)
    let title = "Relative positions at \(Verdict.tokens(length))"
    var parts = Figure.head(
      title: title,
      description:
        "Plain attention uses positions up to \(length - 1), this policy up to \(largest); the trained context is "
        + "\(policy.trainedLength).")
    let edge = y.place(trained)
    parts.append(
      Figure.rect(x: x.from, y: y.to, width: x.to - x.from, height: edge - y.to, ("fill", "url(#hatch)")))
    parts.append(Figure.line((x.from, edge), (x.to, edge), class: "border"))
    parts.append(Figure.text("not trained", (x.to + 8, edge - 6), class: "note"))
    parts.append(Figure.text("trained", (x.to + 8, edge + 14), class: "note"))
    parts += frame.axes(
      xTitle: "distance in the text, tokens", yTitle: "relative position", xMarks: x.marks(5),
      yLabel: { Decimals.grouped(Int($0)) })
    let plainEnd = min(Double(length - 1), y.high)
    parts.append(frame.path([(0, 0), (plainEnd, plainEnd)], kind: "plain"))
    parts.append(
      Figure.text("plain", (x.place(plainEnd) + 8, y.place(plainEnd) + 12), class: "label plain"))
    parts.append(frame.path(steps(), kind: "extended"))
    if policy.groups {
      let window = Double(policy.neighborWindow)
      parts.append(Figure.line((x.place(window), y.from), (x.place(window), y.place(window)), class: "grid"))
      parts.append(Figure.text("w = \(policy.neighborWindow)", (x.place(window) + 5, y.from - 6), class: "note"))
    }
    let end = y.place(Double(largest))
    parts.append(
      Figure.text(policy.groups ? policy.method.title : "this length", (x.to + 8, end + 4), class: "label extended"))
    parts.append(Figure.text("up to \(Decimals.grouped(largest))", (x.to + 8, end + 20), class: "note"))
    return frame.svg(label: title, parts)
  }

  /// The relative positions of the last query at up to 400 distances, so that the steps of few groups show.
  private func steps() -> [(x: Double, y: Double)] {
    let count = min(length, 400)
    return (0..<count).map { index in
      let distance = count < 2 ? 0 : index * (length - 1) / (count - 1)
      return (
        Double(distance), Double(policy.relativePosition(query: length - 1, key: length - 1 - distance))
      )
    }
  }
}
