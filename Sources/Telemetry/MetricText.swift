/// Prometheus' text format, version 0.0.4.
enum MetricText {
  static func of(_ families: [String: MetricRegistry.Family]) -> String {
    var text = ""
    for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
      if !family.help.isEmpty { text += "# HELP \(name) \(escaped(family.help, quotes: false))\n" }
      text += "# TYPE \(name) \(family.kind.word)\n"
      for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
        switch series {
        case .number(let series): text += line(name, labels, series.value)
        case .histogram(let series): text += lines(name, labels, series)
        }
      }
    }
    return text
  }

  /// Metrics that are made from the totals of others.
  static func of(_ metrics: [LlamaServerMetric], _ totals: MetricTotals) -> String {
    metrics.map { metric in
      "# HELP \(metric.name) \(escaped(metric.help, quotes: false))\n# TYPE \(metric.name) \(metric.kind.word)\n"
        + line(metric.name, "", metric.value(totals))
    }.joined()
  }

  private static func lines(_ name: String, _ labels: String, _ series: HistogramSeries) -> String {
    let value = series.value
    var text = ""
    var total = 0
    for (bound, count) in zip(series.bounds + [.infinity], value.counts) {
      total += count
      let limit = "le=\"\(number(bound))\""
      text += line(name + "_bucket", labels.isEmpty ? limit : labels + "," + limit, Double(total))
    }
    return text + line(name + "_sum", labels, value.sum) + line(name + "_count", labels, Double(total))
  }

  private static func line(_ name: String, _ labels: String, _ value: Double) -> String {
    labels.isEmpty ? "\(name) \(number(value))\n" : "\(name){\(labels)} \(number(value))\n"
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int(exactly: value), abs(whole) < 1 << 53 { return "\(whole)" }
    return "\(value)"
  }

  /// `name="value"` pairs between braces, sorted by name.
  static func labels(_ dimensions: [(String, String)]) -> String {
    dimensions.sorted { $0.0 < $1.0 }.map { "\(name($0.0))=\"\(escaped($0.1, quotes: true))\"" }.joined(separator: ",")
  }

  /// Replaces characters that names must not contain by underscores.
  static func name(_ label: String) -> String {
    var name = String(
      label.unicodeScalars.map { scalar -> Character in
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": Character(scalar)
        default: "_"
        }
      })
    if name.first?.isNumber ?? true { name = "_" + name }
    return name
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

extension Metric.Kind {
  fileprivate var word: String {
    switch self {
    case .counter: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }
}
