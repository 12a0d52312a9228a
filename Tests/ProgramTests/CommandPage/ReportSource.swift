import Foundation

/// The types that commands print as JSON, read off the program's source: there the fields and what they mean stand side
/// by side.
struct ReportSource {
  struct Field: Hashable {
    /// As the source spells it.
    let name: String
    let type: String
    /// The doc comment.
    let meaning: String

    /// As the program's encoder writes it.
    var key: String {
      struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
      }
      struct Single: Encodable {
        let name: String
        func encode(to encoder: any Encoder) throws {
          var fields = encoder.container(keyedBy: Key.self)
          try fields.encodeNil(forKey: Key(stringValue: name))
        }
      }
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      let text = (try? encoder.encode(Single(name: name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
      return String(text.dropFirst(2).prefix { $0 != "\"" })
    }
  }

  /// Stored properties by full name of their type (`BenchReport.Setting`), private ones left out.
  private(set) var fields: [String: [Field]] = [:]

  init(folder: URL) {
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    for file in files.sorted() where file.hasSuffix(".swift") {
      let text = (try? String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)) ?? ""
      read(text.split(separator: "\n", omittingEmptySubsequences: false))
    }
  }

  /// The source is formatted, so an indent tells how deep a line lies.
  private mutating func read(_ lines: [Substring]) {
    var scopes: [(name: String, indent: Int)] = []
    var comment: [String] = []
    for line in lines {
      let code = line.drop { $0 == " " }
      let indent = line.count - code.count
      if let scope = scopes.last, code.hasPrefix("}"), indent == scope.indent { scopes.removeLast() }
      if code.hasPrefix("///") {
        comment.append(String(code.dropFirst(3).drop { $0 == " " }))
        continue
      }
      if let type = code.prefixMatch(
        of: /(?:(?:private|fileprivate|package|final) )*(?:struct|class|enum|extension) ([\w.]+)/),
        !code.hasSuffix("}")
      {
        scopes.append((String(type.1), indent))
      } else if let scope = scopes.last, indent == scope.indent + 2,
        let property = code.wholeMatch(of: /(?:let|var) (\w+): ([^={]+?)(?: = .*)?/)
      {
        fields[scopes.map(\.name).joined(separator: "."), default: []].append(
          Field(name: String(property.1), type: String(property.2), meaning: comment.joined(separator: " ")))
      }
      comment = []
    }
  }

  /// The full name of a type as a scope sees it: its own first, then those around it.
  func resolved(_ type: String, in scope: String) -> String? {
    var around = scope.split(separator: ".").map(String.init)
    while true {
      let name = (around + [type]).joined(separator: ".")
      if fields[name] != nil { return name }
      if around.isEmpty { return nil }
      around.removeLast()
    }
  }
}
