import JSON

/// What a site sets of one service, by the names of its configuration file.
struct ServiceSettings: Hashable {
  let role: ConfigurationRole
  private(set) var values: [String: [String]] = [:]

  /// Settings that `up` makes itself, since keys, paths and the number of workers follow from the hosts.
  private static let own: [ConfigurationRole: Set<String>] = [
    .serve: ["cluster", "listen", "workers", "local_workers", "api_keys", "weights_cache", "cache", "insecure"],
    .worker: ["keys", "coordinator", "name", "weights_cache", "cache", "insecure"],
  ]

  /// - Parameter values: by name; several of a list.
  /// - Throws: `CommandFailure` that names what is unknown, not a value of its setting, or made by `up`.
  init(_ role: ConfigurationRole, _ values: [String: [String]] = [:]) throws {
    self.role = role
    let keys = try ConfigurationKey.all(of: role)
    for (name, texts) in values.sorted(by: { $0.key < $1.key }) { try set(name, texts, keys) }
  }

  /// - Parameter assignments: as options give them: `NAME=VALUE`. One of a list that is there more than once adds up.
  mutating func set(_ assignments: [String], option: String) throws {
    let keys = try ConfigurationKey.all(of: role)
    var given: [String: [String]] = [:]
    for text in assignments {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        throw CommandFailure(.usage, "\(option) '\(text.prefix(80))' is not NAME=VALUE, such as context=16384")
      }
      given[parts[0].replacing("-", with: "_"), default: []].append(parts[1])
    }
    for (name, texts) in given.sorted(by: { $0.key < $1.key }) { try set(name, texts, keys) }
  }

  private mutating func set(_ name: String, _ texts: [String], _ keys: [ConfigurationKey]) throws {
    guard Self.own[role]?.contains(name) != true else {
      throw CommandFailure(.usage, "'\(name)' of longhaul \(role.rawValue) is set by longhaul up itself; leave it out")
    }
    guard let key = keys.first(where: { $0.name == name }) else {
      let near = NearestName.of(name, among: keys.map(\.name)).map { "; did you mean \($0)?" } ?? ""
      throw CommandFailure(.usage, "longhaul \(role.rawValue) has no setting '\(name.prefix(64))'\(near)")
    }
    guard key.kind == .list || texts.count == 1 else {
      throw CommandFailure(.usage, "\(name) has one value, not \(texts.count)")
    }
    values[name] = try texts.map { text in
      guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
        throw CommandFailure(.usage, "\(name) has a control character")
      }
      switch key.checked(text) {
      case .success(let value): return value
      case .failure(let refusal):
        throw CommandFailure(.usage, "\(name) is '\(text.prefix(80))'; it must be \(refusal.wanted)")
      }
    }
  }

  /// The first value of a setting.
  subscript(_ name: String) -> String? { values[name]?.first }

  /// The lines of a configuration file, in alphabetical order.
  /// - Parameter defaults: what applies where the site says nothing.
  func lines(over defaults: [String: String] = [:]) -> [String] {
    let all = defaults.mapValues { [$0] }.merging(values) { $1 }
    return all.sorted { $0.key < $1.key }.map { name, values in
      let words = values.map(Self.scalar)
      return "\(name): " + (values.count == 1 ? words[0] : "[\(words.joined(separator: ", "))]")
    }
  }

  /// A YAML scalar: bare where it cannot be taken for anything else.
  static func scalar(_ text: String) -> String {
    let isPlain = text.first?.isLetter == true || text.first?.isNumber == true || text.first == "/"
    let isBare = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || "-_./".utf8.contains(byte)
    }
    return isPlain && isBare ? text : JSONValue.string(text).text
  }
}
