/// A key of a configuration file: an option of its service.
struct ConfigurationKey: Hashable {
  enum Kind: Hashable {
    case text
    case integer
    case number
    /// Bytes, as in 12GiB.
    case size
    case flag
    case list
    case choice([String])
  }

  /// The option's name with underscores.
  let name: String
  let kind: Kind
  /// The option's spellings; none for what is positional.
  let spellings: [String]
  let meaning: String
  /// As the program's help has it; nil where it depends on the machine or the model.
  let standard: String?

  /// The variable that overrides the file.
  var variable: String {
    // LONGHAUL_API_KEYS holds the keys themselves.
    name == "api_keys" ? "LONGHAUL_API_KEYS_FILE" : "LONGHAUL_\(name.uppercased())"
  }

  /// Keys of a policy: in a file they are for text beyond the trained context, as options for all.
  static let policy: Set<String> = ["policy", "group_size", "neighbor_window", "trained_length", "rope_scaling"]

  /// The kinds of those that are no text, flag, list or choice. The argument parser's dump does not say them.
  private static let kinds: [String: Kind] = {
    let integers = [
      "chunk", "context", "drain_timeout", "group_size", "http_connections", "local_workers", "neighbor_window",
      "max_queued_requests", "max_queued_tokens", "reconnect_for", "sequences", "threads", "trained_length", "workers",
    ]
    let sizes = ["cache_limit", "memory", "replay_disk", "replay_log"]
    var kinds: [String: Kind] = ["latency_target": .number, "speed": .number, "sse_ping_interval": .number]
    for name in integers { kinds[name] = .integer }
    for name in sizes { kinds[name] = .size }
    return kinds
  }()

  /// All keys of a service's file, in the order of its help.
  static func all(of role: ConfigurationRole) throws -> [ConfigurationKey] {
    try CommandTree(of: role.command).command.shownArguments.compactMap { ConfigurationKey($0) }
  }

  /// Nil for the option that names the file.
  private init?(_ argument: CommandTree.Argument) {
    let long = argument.spellings.filter { $0.hasPrefix("--") }
    guard let word = argument.preferredName?.name ?? argument.valueName, word != "config" else { return nil }
    name = word.replacing("-", with: "_")
    spellings = long
    meaning = argument.abstract ?? ""
    standard = argument.kind == "flag" ? "false" : argument.defaultValue
    if argument.kind == "flag" {
      kind = .flag
    } else if argument.isRepeating {
      kind = .list
    } else if let values = argument.allValues, !values.isEmpty {
      kind = .choice(values)
    } else {
      kind = Self.kinds[name] ?? .text
    }
  }

  /// The words of a command line that give a value.
  func arguments(_ values: [String]) -> [String] {
    guard let spelling = spellings.first else { return values }
    guard kind != .flag else { return values == ["true"] ? [spelling] : [] }
    // Joined, so that a value that begins with a dash is no option.
    return values.map { "\(spelling)=\($0)" }
  }

  /// A value as it is passed on; nil with what it must be.
  func checked(_ value: String) -> Result<String, ValueRefusal> {
    switch kind {
    case .text, .list: return value.isEmpty ? .failure(ValueRefusal(wanted: "a text")) : .success(value)
    case .integer: return Int(value) == nil ? .failure(ValueRefusal(wanted: "a whole number")) : .success(value)
    case .number: return Double(value) == nil ? .failure(ValueRefusal(wanted: "a number")) : .success(value)
    case .size:
      guard ByteSize(argument: value) != nil else {
        return .failure(ValueRefusal(wanted: "a size such as 512MiB or 12GiB"))
      }
      return .success(value)
    case .flag:
      switch value.lowercased() {
      case "true", "yes", "on", "1": return .success("true")
      case "false", "no", "off", "0": return .success("false")
      default: return .failure(ValueRefusal(wanted: "true or false"))
      }
    case .choice(let values):
      return values.contains(value)
        ? .success(value) : .failure(ValueRefusal(wanted: "one of \(values.joined(separator: ", "))"))
    }
  }

  /// What a value must be.
  struct ValueRefusal: Error, Hashable { let wanted: String }
}
