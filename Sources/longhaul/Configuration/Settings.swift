import Foundation

/// What a service is set to, and where each value comes from: options over environment over file over defaults.
struct Settings {
  enum Origin: Hashable, CustomStringConvertible {
    case option
    case variable(String)
    case file(String, line: Int)
    case standard

    var description: String {
      switch self {
      case .option: "option"
      case .variable(let name): name
      case .file(let path, let line): "\(path):\(line)"
      case .standard: "default"
      }
    }
  }

  struct Value: Hashable {
    let key: ConfigurationKey
    /// None where the default depends on the machine or the model.
    let values: [String]
    let origin: Origin
  }

  /// One for each key.
  let values: [Value]
  /// The service's command line, with what file and environment add.
  let arguments: [String]
  /// The file, however it was named.
  let path: String?

  /// - Parameters:
  ///   - words: of the command line, after the command's name.
  ///   - file: a file that the command line does not name.
  ///   - read: gives a file's bytes.
  /// - Throws: `CommandFailure` with every problem of the file and the environment.
  init(
    role: ConfigurationRole, words: [String], file: String? = nil, environment: [String: String],
    read: (String) throws -> [UInt8] = InputFile.bytes
  ) throws {
    let keys = try ConfigurationKey.all(of: role)
    let flags = Set(keys.filter { $0.kind == .flag }.flatMap(\.spellings)).union(["--help", "-h", "--version"])
    let scan = CommandLineScan(words, flags: flags)
    func isGiven(_ key: ConfigurationKey) -> Bool {
      key.spellings.isEmpty ? scan.hasPositional : !scan.options.isDisjoint(with: key.spellings)
    }
    path = scan.values["--config"] ?? file ?? environment["LONGHAUL_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    let text = try path.map { try Self.text($0, role, keys, read) }
    var (values, added): ([Value], [String]) = ([], [])
    var policy: [String] = []
    for key in keys {
      if isGiven(key) {
        let given = key.spellings.compactMap { scan.values[$0] }
        values.append(Value(key: key, values: key.kind == .flag ? ["true"] : given, origin: .option))
      } else if let given = environment[key.variable], !given.isEmpty {
        let parts = try Self.parts(given, of: key)
        values.append(Value(key: key, values: parts, origin: .variable(key.variable)))
        added += key.arguments(parts)
      } else if let path, let entry = text?.entries[key.name] {
        values.append(Value(key: key, values: entry.values, origin: .file(path, line: entry.line)))
        if ConfigurationKey.policy.contains(key.name) {
          policy += entry.values.map { "\(key.name): \($0)" }
        } else {
          added += key.arguments(entry.values)
        }
      } else {
        values.append(Value(key: key, values: key.standard.map { [$0] } ?? [], origin: .standard))
      }
    }
    self.values = values
    if let path, scan.values["--config"] == nil { added.append("--config=\(path)") }
    // A policy of a file is for long text alone, as one of options is not. The parser takes no empty value.
    if path != nil, role == .serve { added.append("--policy-of-file=# policy\n\(policy.joined(separator: "\n"))") }
    arguments = added + words
  }

  private static func text(
    _ path: String, _ role: ConfigurationRole, _ keys: [ConfigurationKey], _ read: (String) throws -> [UInt8]
  ) throws -> ConfigurationText {
    let others = try ConfigurationRole.allCases.filter { $0 != role }.flatMap { try ConfigurationKey.all(of: $0) }
    let text = ConfigurationText(try read(path), keys: keys, others: others)
    guard text.problems.isEmpty else {
      throw CommandFailure(.badConfiguration, text.problems.map { "'\(path)' \($0)" }.joined(separator: "\n"))
    }
    return text
  }

  private static func parts(_ text: String, of key: ConfigurationKey) throws -> [String] {
    let parts = key.kind == .list ? text.split(separator: ",").map(String.init) : [text]
    return try parts.map { part in
      switch key.checked(part) {
      case .success(let value): return value
      case .failure(let refusal):
        throw CommandFailure(
          .badConfiguration, "\(key.variable) is '\(part.prefix(80))'; it must be \(refusal.wanted)")
      }
    }
  }

  /// The command line of the program with what file and environment add, where its command has them.
  static func completed(_ words: [String], environment: [String: String]) throws -> [String] {
    guard let name = words.first, let role = ConfigurationRole(rawValue: name) else { return words }
    let rest = Array(words.dropFirst())
    // A worker that the program starts has all its settings from there. Help depends on nothing.
    guard !rest.contains(where: ["--lifeline", "--help", "-h"].contains) else { return words }
    let isSet = rest.contains { $0 == "--config" || $0.hasPrefix("--config=") }
    guard isSet || environment.keys.contains(where: { $0.hasPrefix("LONGHAUL_") }) else { return words }
    return [name] + (try Settings(role: role, words: rest, environment: environment).arguments)
  }
}
