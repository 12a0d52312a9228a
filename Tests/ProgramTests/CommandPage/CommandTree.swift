import ArgumentParser
import Foundation

@testable import longhaul

/// The commands and options of the program, as its argument parser dumps them.
struct CommandTree: Decodable {
  struct Command: Decodable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool?
    let subcommands: [Command]?
    let arguments: [Argument]?

    /// Those that help shows, without the ones every command has.
    var shownArguments: [Argument] {
      (arguments ?? []).filter { $0.shouldDisplay && $0.valueName != "help" && $0.valueName != "version" }
    }

    /// Those that help shows; `help` itself is not listed.
    var shownSubcommands: [Command] {
      (subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
    }

    var printsJSON: Bool { shownArguments.contains { $0.spellings.contains("--json") } }
  }

  struct Argument: Decodable, Hashable {
    struct Name: Decodable, Hashable {
      let kind: String
      let name: String
    }

    let kind: String
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let allValues: [String]?
    let abstract: String?

    /// `-p`, `--prompt`; none for what has no name.
    var spellings: [String] { (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name } }

    /// `-p, --prompt <prompt>` or `<model>`.
    var usage: String {
      let value = "<\(valueName ?? "")>"
      switch kind {
      case "positional": return isRepeating ? "\(value) ..." : value
      case "flag": return spellings.joined(separator: ", ")
      default: return spellings.joined(separator: ", ") + " " + value
      }
    }
  }

  let command: Command

  /// What `longhaul --experimental-dump-help` prints.
  init() throws {
    self = try JSONDecoder().decode(CommandTree.self, from: Data(Longhaul._dumpHelp().utf8))
  }
}
