import Foundation
import Testing

@Suite("What pages quote of the program")
struct QuotedTextTests {
  private static let sources = Tree.sources.map(\.text).joined(separator: "\n")

  @Test("every message that the runbook explains is one the program prints")
  func messagesExist() throws {
    let page = try #require(Tree.file("deploy/README.md"))
    let symptoms = page.lines.drop { $0 != "| symptom | cause | remedy |" }.dropFirst(2).prefix { $0.hasPrefix("|") }
      .compactMap { $0.firstMatch(of: /`([^`]+)`/).map { String($0.1) } }
    let parts = symptoms.flatMap { $0.split { $0 == "…" || $0.isNumber }.map(String.init) }.map {
      $0.trimmingCharacters(in: .whitespaces)
    }.filter { $0.count > 3 }
    #expect(parts.count > 10)
    #expect(parts.filter { !Self.sources.contains($0) } == [])
  }

  @Test("every metric that a page names is one the program exposes")
  func metricsExist() {
    let names = Tree.pages.flatMap { $0.text.matches(of: /longhaul_([a-z_]+)/).map { String($0.1) } }
    #expect(Set(names).filter { !Self.sources.contains($0) } == [])
  }
}
