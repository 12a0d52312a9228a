import Foundation
import Testing

@testable import longhaul

@Suite("The page of commands")
struct CommandPageTests {
  private static let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent()
  }
  private static let page = root.appendingPathComponent("deploy/cli.md")

  @Test("deploy/cli.md says what the program says; LONGHAUL_REWRITE_PAGES=1 writes it")
  func isCurrent() throws {
    let text = try CommandPage(sources: Self.root.appendingPathComponent("Sources/longhaul")).text()
    if ProcessInfo.processInfo.environment["LONGHAUL_REWRITE_PAGES"] != nil {
      try Data(text.utf8).write(to: Self.page, options: .atomic)
    }
    let written = try String(contentsOf: Self.page, encoding: .utf8).split(separator: "\n")
    let made = text.split(separator: "\n")
    let difference = zip(written, made).first { $0 != $1 }
    #expect(
      written == made,
      "\(String(describing: difference)): run LONGHAUL_REWRITE_PAGES=1 swift test --filter CommandPageTests")
  }

  @Test("every command that prints JSON has its fields on the page, and no other")
  func everyReportIsThere() throws {
    let leaves = try CommandTree().command.leaves()
    #expect(Set(leaves.filter(\.command.printsJSON).map(\.name)) == Set(CommandPage.reports.keys))
  }

  @Test("an option without a text, and a default that only the source can read, are found")
  func everyOptionIsDescribed() throws {
    for leaf in try CommandTree().command.leaves() {
      for argument in leaf.command.shownArguments {
        #expect(argument.abstract?.isEmpty == false, "\(leaf.name): \(argument.usage)")
        #expect(argument.defaultValue?.contains("(") != true, "\(leaf.name): \(argument.usage)")
      }
    }
  }
}
