import JSON

/// All known fields of one object of a request. A field that is not in the table is ignored, as OpenAI does.
struct FieldTable: Hashable, Sendable {
  /// As the page calls it.
  let title: String
  let fields: [RequestField]
  private let refused: [String: RequestField]

  init(_ title: String, _ fields: [RequestField]) {
    self.title = title
    self.fields = fields
    refused = fields.reduce(into: [:]) { table, field in
      if field.handling == .refused { table[field.name] = field }
    }
  }

  /// Throws for the first member of `object` that asks for what this server does not do.
  /// - Parameter path: of the object; empty for the body.
  func check(_ object: JSONObject, at path: String) throws {
    for member in object.members {
      guard let field = refused[member.key], field.refuses(member.value) else { continue }
      let name = path.isEmpty ? field.name : "\(path).\(field.name)"
      throw APIError.invalid("\(name) is not supported: \(field.note).", parameter: name)
    }
  }
}

extension FieldTable {
  /// The table as Markdown, for the page of the API.
  var page: String {
    var lines = ["| field of \(title) | default | |", "|---|---|---|"]
    for field in fields where field.handling == .obeyed {
      lines.append("| `\(field.name)` | \(field.standard) | \(field.note) |")
    }
    for (handling, word) in [(RequestField.Handling.refused, "Refused"), (.ignored, "Ignored")] {
      let named = fields.filter { $0.handling == handling }
      guard !named.isEmpty else { continue }
      lines += ["", "**\(word)**", ""]
      for note in Self.notes(of: named) {
        let names = named.filter { $0.note == note }.map { "`\($0.name)`" }.joined(separator: ", ")
        lines.append("- \(names): \(note)")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func notes(of fields: [RequestField]) -> [String] {
    fields.reduce(into: []) { notes, field in
      if !notes.contains(field.note) { notes.append(field.note) }
    }
  }
}
