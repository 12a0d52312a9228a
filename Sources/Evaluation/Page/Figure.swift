import Foundation

/// Parts of an SVG drawing.
enum Figure {
  /// A coordinate; a tenth of a unit is finer than any screen.
  static func number(_ value: Double) -> String { value.isFinite ? String(format: "%.1f", value) : "0" }

  static func head(title: String, description: String) -> [Markup] {
    [.element("title", [:], title), .element("desc", [:], description)]
  }

  static func svg(width: Double, height: Double, label: String, _ parts: [Markup]) -> Markup {
    .element(
      "svg",
      ["viewBox": "0 0 \(number(width)) \(number(height))", "role": "img", "aria-label": label], parts)
  }

  static func line(_ from: (Double, Double), _ to: (Double, Double), class name: String) -> Markup {
    .element(
      "line",
      ["x1": number(from.0), "y1": number(from.1), "x2": number(to.0), "y2": number(to.1), "class": name])
  }

  static func rect(
    x: Double, y: Double, width: Double, height: Double, _ attribute: (name: StaticString, value: String)
  ) -> Markup {
    .element(
      "rect",
      [
        "x": number(x), "y": number(y), "width": number(max(0, width)), "height": number(max(0, height)),
        attribute.name: attribute.value,
      ])
  }

  static func text(_ text: String, _ at: (Double, Double), anchor: String = "start", class name: String) -> Markup {
    .element("text", ["x": number(at.0), "y": number(at.1), "text-anchor": anchor, "class": name], text)
  }

  /// Defined once per page: the stripes of untrained lengths.
  static let patterns = Markup.element(
    "svg", ["width": "0", "height": "0", "aria-hidden": "true", "class": "patterns"],
    [
      .element(
        "defs", [:],
        [
          .element(
            "pattern",
            [
              "id": "hatch", "width": "7", "height": "7", "patternUnits": "userSpaceOnUse",
              "patternTransform": "rotate(45)",
            ],
            [line((0, 0), (0, 7), class: "stripe")])
        ])
    ])
}
