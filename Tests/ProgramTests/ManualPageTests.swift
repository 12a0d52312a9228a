import ArgumentParser
import Foundation
import Testing

@testable import longhaul

@Suite("The manual page and completions")
struct ManualPageTests {
  @Test("the page has every command and option, and no line that troff would take for a request by mistake")
  func complete() throws {
    let tree = try CommandTree()
    let text = ManualPage(tree, version: "1.2").text
    for leaf in tree.command.leaves() {
      #expect(text.contains(".SS longhaul \(leaf.name.replacing("-", with: "\\-"))"))
      for argument in leaf.command.shownArguments {
        for spelling in argument.spellings { #expect(text.contains(spelling.replacing("-", with: "\\-"))) }
      }
    }
    let requests = Set(text.split(separator: "\n").filter { $0.hasPrefix(".") }.map { $0.prefix { $0 != " " } })
    #expect(requests == [".TH", ".SH", ".SS", ".B", ".I", ".TP", ".PP"])
  }

  @Test("a completion script names the commands", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let command = try CompletionCommand.parse([shell])
    #expect(command.shell.rawValue == shell)
    #expect(throws: (any Error).self) { try CompletionCommand.parse(["tcsh"]) }
  }
}
