import JSON

/// Settings as YAML, each with a comment that says where it comes from.
struct SettingsTable {
  private var rows: [(setting: String, origin: String)]

  /// - Parameter isEffective: whether defaults are shown, too.
  init(_ settings: Settings, isEffective: Bool) {
    rows = settings.values.compactMap { value in
      guard isEffective || value.origin != .standard else { return nil }
      guard !value.values.isEmpty else { return ("# \(value.key.name)", "depends on machine and model") }
      return ("\(value.key.name): \(Self.yaml(value))", value.origin.description)
    }
  }

  /// A line for what must not be shown.
  mutating func addSecret(_ name: String, origin: String) { rows.append(("# \(name): masked", origin)) }

  var text: String {
    let width = min(48, rows.map(\.setting.count).max() ?? 0)
    return rows.map { row in
      row.setting + String(repeating: " ", count: max(0, width - row.setting.count)) + "  # \(row.origin)\n"
    }.joined()
  }

  private static func yaml(_ value: Settings.Value) -> String {
    let texts = value.values.map { text in
      switch value.key.kind {
      case .integer, .number, .flag, .size, .choice: text
      case .text, .list: JSONValue.string(text).text
      }
    }
    return value.key.kind == .list ? "[\(texts.joined(separator: ", "))]" : texts.joined()
  }
}
