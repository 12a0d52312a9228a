import JSON

/// An object of a structural tag, with where it lies.
struct TagPlace {
  let value: JSONValue
  /// A JSON pointer.
  let path: String
  let depth: Int
  /// Texts that end the tags around it, which no free text in it has.
  let endings: [String]

  init(_ value: JSONValue, at path: String, depth: Int = 0, endings: [String] = []) {
    (self.value, self.path, self.depth, self.endings) = (value, path, depth, endings)
  }

  func error(_ reason: String) -> GrammarError { GrammarError("\(path) \(reason)") }

  func text(_ name: String) throws(GrammarError) -> String {
    guard let text = value[name]?.string else { throw error("has no text \(name)") }
    return text
  }

  /// A list of texts; nil when there is none.
  func texts(_ name: String) throws(GrammarError) -> [String]? {
    guard let list = value[name], !list.isNull else { return nil }
    guard let items = list.array, items.allSatisfy({ $0.string != nil }) else {
      throw error("has something else than texts as \(name)")
    }
    return items.compactMap(\.string)
  }

  /// The texts that end a tag; none where it ends with its content.
  var endTexts: [String] {
    (value["end"]?.array ?? value["end"].map { [$0] } ?? []).compactMap(Self.text(of:)).filter { !$0.isEmpty }
  }

  private static func text(of end: JSONValue) -> String? { end.string ?? end["value"]?.string }

  func child(_ name: String, until endings: [String] = []) throws(GrammarError) -> TagPlace {
    guard let child = value[name] else { throw error("has no \(name)") }
    return TagPlace(child, at: "\(path)/\(name)", depth: depth + 1, endings: self.endings + endings)
  }

  func children(_ name: String) throws(GrammarError) -> [TagPlace] {
    guard let items = value[name]?.array else { throw error("has no list \(name)") }
    return items.enumerated().map {
      TagPlace($0.element, at: "\(path)/\(name)/\($0.offset)", depth: depth + 1, endings: endings)
    }
  }
}
