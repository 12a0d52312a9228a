/// A piece of HTML or SVG, well-formed and escaped by construction: text and attribute values enter only through `text`
/// and `element`, which escape them.
struct Markup: Hashable, Sendable {
  private(set) var source: String

  static let empty = Markup(source: "")

  /// Text for the reader. Control characters, which pages must not contain, become replacement characters.
  static func text(_ text: String) -> Markup { Markup(source: escaped(text)) }

  /// - Parameters:
  ///   - name: a literal of the program, never input.
  ///   - attributes: in order; names are literals of the program.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ children: [Markup] = []
  ) -> Markup {
    let written = attributes.map { " \($0.key)=\"\(escaped($0.value))\"" }.joined()
    let inside = children.map(\.source).joined()
    let isVoid = ["meta", "br"].contains("\(name)")
    return Markup(source: isVoid ? "<\(name)\(written)/>" : "<\(name)\(written)>\(inside)</\(name)>")
  }

  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ text: String
  ) -> Markup {
    element(name, attributes, [.text(text)])
  }

  /// A style sheet of the program, without `<` and `&`.
  static func style(_ sheet: StaticString) -> Markup { Markup(source: "<style>\(sheet)</style>") }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n": result.unicodeScalars.append(scalar)
      // Marks that change the direction of text would disguise it.
      case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default:
        if scalar.properties.generalCategory == .control {
          result += "\u{FFFD}"
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
