import Foundation

@testable import longhaul

/// `deploy/cli.md`, made from the program: its commands, options, exit codes and JSON.
struct CommandPage {
  /// A field whose type is not one that the page can name.
  struct UnknownType: Error {
    let type: String
    let field: String
  }

  /// What each command prints with `--json`.
  static let reports = [
    "run": "RunReport", "serve": "ServeReport", "worker": "WorkerReport", "plan": "PlanReport",
    "inspect": "InspectReport", "tokenize": "TokenizeReport", "template": "TokenizeReport", "explain": "ExplainReport",
    "perplexity": "PerplexityReport", "passkey": "PasskeyReport", "eval longbench": "EvalReport",
    "eval leval": "EvalReport", "eval ruler": "RulerReport", "tune": "TuneReport",
    "verify-context": "VerifyContextReport", "bench": "BenchReport", "load-test": "LoadReport", "init": "InitReport",
    "keys": "KeysReport", "cache list": "CacheReport", "doctor": "DoctorReport",
  ]
  /// Objects that several commands print, by the name the page gives them.
  private static let objects = ["PolicyReport": "policy", "StageReport": "stage"]
  /// An option that this many commands have is described once.
  private static let sharedCount = 5

  private let tree: CommandTree
  private let source: ReportSource
  private let shared: Set<CommandTree.Argument>

  init(sources: URL) throws {
    tree = try CommandTree()
    source = ReportSource(folder: sources)
    let counts = tree.command.leaves().flatMap(\.command.shownArguments)
      .reduce(into: [CommandTree.Argument: Int]()) { $0[$1, default: 0] += 1 }
    shared = Set(counts.filter { $0.value >= Self.sharedCount }.keys)
  }

  /// The whole page.
  func text() throws -> String {
    var lines = [
      "# Commands", "",
      "Written by `LONGHAUL_REWRITE_PAGES=1 swift test --filter CommandPageTests`; change the program, not this page.",
      "",
      "`swift build -c release --product longhaul` puts the program at `.build/release/longhaul`. `longhaul help",
      "COMMAND` shows a command's options.", "", "| command | |", "|---|---|",
    ]
    let leaves = tree.command.leaves()
    lines += leaves.map { "| [`longhaul \($0.name)`](#\(Self.anchor($0.name))) | \(Self.cell($0.command.abstract)) |" }
    lines += ["", "## Exit codes", "", "| code | |", "|---:|---|"]
    lines += (0...255).compactMap(ExitStatus.init(rawValue:)).map { "| \($0.rawValue) | \($0.meaning) |" }
    lines += ["", "## Shared options", "", "Described once; each command lists by name those it has.", ""]
    lines += Self.table(sharedInOrder(leaves))
    for leaf in leaves { lines += try section(leaf.name, leaf.command) }
    lines += try objectSections()
    return lines.joined(separator: "\n") + "\n"
  }

  private func sharedInOrder(_ leaves: [(name: String, command: CommandTree.Command)]) -> [CommandTree.Argument] {
    var seen: Set<CommandTree.Argument> = []
    return leaves.flatMap(\.command.shownArguments).filter { shared.contains($0) && seen.insert($0).inserted }
  }

  private func section(_ name: String, _ command: CommandTree.Command) throws -> [String] {
    var lines = ["", "## longhaul \(name)", "", command.abstract ?? ""]
    if let discussion = command.discussion, !discussion.isEmpty { lines += ["", discussion] }
    let own = command.shownArguments.filter { !shared.contains($0) }
    if !own.isEmpty { lines += [""] + Self.table(own) }
    let others = command.shownArguments.filter(shared.contains).map { "`\($0.spellings.last ?? $0.usage)`" }
    if !others.isEmpty { lines += ["", "Shared: \(others.joined(separator: ", "))."] }
    guard command.printsJSON else { return lines }
    let report = Self.reports[name] ?? ""
    lines += ["", "With `--json`:", "", "| field | type | |", "|---|---|---|"]
    return lines + (try rows(of: report, prefix: ""))
  }

  private func objectSections() throws -> [String] {
    try Self.objects.sorted { $0.value < $1.value }.flatMap { type, name in
      ["", "## JSON object: \(name)", "", "| field | type | |", "|---|---|---|"] + (try rows(of: type, prefix: ""))
    }
  }

  /// A row for each field; fields of objects follow their object.
  private func rows(of type: String, prefix: String) throws -> [String] {
    guard let fields = source.fields[type] else { throw UnknownType(type: type, field: prefix) }
    return try fields.flatMap { field -> [String] in
      let path = prefix + field.key
      let value = try Self.value(field.type, path)
      var word = value.word
      var nested: [String] = []
      if let name = value.object {
        guard let full = source.resolved(name, in: type) else { throw UnknownType(type: name, field: path) }
        if let shared = Self.objects[full] {
          word = word.replacing("object", with: "[\(shared)](#json-object-\(shared))")
        } else {
          nested = try rows(of: full, prefix: path + value.step + ".")
        }
      }
      return ["| `\(path)` | \(word) | \(Self.cell(field.meaning)) |"] + nested
    }
  }

  /// A Swift type as JSON has it.
  private static func value(_ type: String, _ field: String) throws -> (word: String, object: String?, step: String) {
    if type.hasSuffix("?") {
      let inner = try value(String(type.dropLast()), field)
      return (inner.word + ", may be absent", inner.object, inner.step)
    }
    if type.hasPrefix("[String: ") {
      let inner = try value(String(type.dropFirst(9).dropLast()), field)
      return ("object of \(inner.word)s", inner.object, inner.step)
    }
    if type.hasPrefix("[") {
      let element = String(type.dropFirst().dropLast())
      let inner = try value(element.hasSuffix("?") ? String(element.dropLast()) : element, field)
      let holes = element.hasSuffix("?") ? " or nulls" : ""
      return ("array of \(inner.word)s\(holes)", inner.object, "[]" + inner.step)
    }
    switch type {
    case "Int", "UInt64", "TokenID": return ("integer", nil, "")
    case "Double", "Float": return ("number", nil, "")
    case "String": return ("string", nil, "")
    case "Bool": return ("boolean", nil, "")
    default: return ("object", type, "")
    }
  }

  private static func table(_ arguments: [CommandTree.Argument]) -> [String] {
    ["| option | default | |", "|---|---|---|"]
      + arguments.map { argument in
        let standard = argument.defaultValue.map { "`\($0)`" } ?? (argument.isOptional ? "" : "required")
        let repeats = argument.isRepeating && argument.kind != "positional" ? " May be repeated." : ""
        return "| `\(argument.usage)` | \(standard) | \(cell(argument.abstract))\(repeats) |"
      }
  }

  private static func cell(_ text: String?) -> String {
    (text ?? "").replacing("\n", with: " ").replacing("|", with: "\\|")
  }

  private static func anchor(_ name: String) -> String { "longhaul-" + name.replacing(" ", with: "-") }
}
