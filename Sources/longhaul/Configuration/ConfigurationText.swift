import Yams

/// The text of a configuration file: keys of one service, each with a value or a list of them, in YAML.
struct ConfigurationText {
  struct Entry: Hashable {
    let values: [String]
    let line: Int
  }

  /// What is wrong, with the line where that is known.
  struct Problem: Error, Hashable, CustomStringConvertible {
    let line: Int?
    let reason: String
    var description: String { (line.map { "line \($0): " } ?? "") + reason }
  }

  static let maximumByteCount = 1 << 20
  static let maximumListLength = 1000

  private(set) var entries: [String: Entry] = [:]
  /// In the order of lines; keys that have one are not among the entries.
  private(set) var problems: [Problem] = []

  /// - Parameters:
  ///   - keys: all that the service has.
  ///   - others: keys of the other service, for a better message.
  init(_ bytes: [UInt8], keys: [ConfigurationKey], others: [ConfigurationKey] = []) {
    let known = Dictionary(keys.map { ($0.name, $0) }) { first, _ in first }
    do {
      for (name, node) in try Self.lines(bytes) { read(name, node, known, Set(others.map(\.name))) }
    } catch {
      problems.append(error)
    }
  }

  private static func lines(_ bytes: [UInt8]) throws(Problem) -> [(Node, Node)] {
    guard bytes.count <= maximumByteCount, let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(line: nil, reason: "it is not UTF-8 text of at most \(maximumByteCount) bytes")
    }
    guard !PolicyText.hasAlias(bytes) else {
      throw Problem(line: nil, reason: "it has an alias ('*name'); write the value out, or put it in quotes")
    }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _)
    {
      throw Problem(line: mark.line, reason: "this is not YAML: \(problem)")
    } catch YamlError.duplicatedKeysInMapping(let names, let context) {
      throw Problem(line: context.mark.line, reason: "'\(names.first ?? "")' is there twice")
    } catch {
      throw Problem(line: nil, reason: "it is not YAML")
    }
    // An empty text sets nothing.
    guard let root else { return [] }
    guard case .mapping(let mapping) = root else {
      throw Problem(line: root.mark?.line, reason: "this is no list of the form 'key: value', one a line")
    }
    return mapping.map { ($0.key, $0.value) }
  }

  private mutating func read(_ key: Node, _ value: Node, _ known: [String: ConfigurationKey], _ others: Set<String>) {
    let line = key.mark?.line
    func problem(_ reason: String) { problems.append(Problem(line: line, reason: reason)) }
    guard let name = key.scalar?.string else { return problem("a key must be a word") }
    guard let found = known[name] else { return problem(Self.unknown(name, Array(known.keys), others)) }
    let nodes: [Node]
    if case .sequence(let list) = value {
      guard found.kind == .list else { return problem("\(name) has one value, not a list") }
      nodes = Array(list.prefix(Self.maximumListLength + 1))
    } else {
      nodes = [value]
    }
    guard nodes.count <= Self.maximumListLength else {
      return problem("\(name) has more than \(Self.maximumListLength) values")
    }
    var values: [String] = []
    for node in nodes {
      guard let text = node.scalar?.string else { return problem("\(name) must be \(Self.form(of: found))") }
      switch found.checked(text) {
      case .success(let value): values.append(value)
      case .failure(let refusal):
        return problem("\(name) is '\(text.prefix(80))'; it must be \(refusal.wanted)")
      }
    }
    entries[name] = Entry(values: values, line: line ?? 0)
  }

  private static func form(of key: ConfigurationKey) -> String {
    key.kind == .list ? "a value or a list of values" : "one value"
  }

  private static func unknown(_ name: String, _ known: [String], _ others: Set<String>) -> String {
    let dashed = name.replacing("-", with: "_")
    if known.contains(dashed) { return "the key '\(name)' is spelled \(dashed)" }
    if others.contains(name) { return "'\(name)' is a key of the other service's file" }
    let remedy = NearestName.of(name, among: known).map { "; did you mean \($0)?" } ?? ""
    return "unknown key '\(name.prefix(64))'\(remedy)"
  }
}
