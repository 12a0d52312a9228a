import ArgumentParser
import Foundation

/// The commands and options of the program, as its argument parser dumps them: the one table that the configuration
/// file, its schema, the manual and the page of commands are made from.
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

    /// Commands that do something, each with its name after the program's.
    func leaves(_ prefix: String = "") -> [(name: String, command: Command)] {
      shownSubcommands.flatMap { child in
        let name = prefix + child.commandName
        return child.shownSubcommands.isEmpty ? [(name, child)] : child.leaves(name + " ")
      }
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
    let preferredName: Name?
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
  init() throws { try self.init(of: Longhaul.self) }

  /// One command alone.
  init(of command: any ParsableCommand.Type) throws {
    self = try JSONDecoder().decode(CommandTree.self, from: Data(command._dumpHelp().utf8))
  }
}
