import Fixtures
import Foundation
import Simulation
import Testing

@Suite("Transcripts of simulated runs")
struct TranscriptTests {
  private static let folder = SharedFiles.root.appendingPathComponent("Tests/Simulation/Transcripts")

  @Test(
    "each is what its scenario prints now; LONGHAUL_REWRITE_PAGES=1 rewrites them",
    arguments: Scenario.all.map(\.name))
  func transcript(name: String) throws {
    let scenario = try #require(Scenario.all.first { $0.name == name })
    let text = try scenario.transcript()
    let file = Self.folder.appendingPathComponent("\(name).txt")
    if ProcessInfo.processInfo.environment["LONGHAUL_REWRITE_PAGES"] != nil { try Data(text.utf8).write(to: file) }
    let kept = try String(contentsOf: file, encoding: .utf8)
    let lines = zip(text.split(separator: "\n"), kept.split(separator: "\n"))
    let change = lines.first { $0 != $1 }.map { "now \($0), kept \($1)" } ?? "another length"
    #expect(text == kept, "\(change)")
  }

  @Test("every file has its scenario, and names are used once")
  func files() throws {
    let names = Scenario.all.map { "\($0.name).txt" }
    #expect(try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted() == names.sorted())
    #expect(Set(names).count == names.count)
  }
}
