import Testing

@Suite("Words that the project has given up")
struct WordTests {
  /// The lists of the words themselves, and prose that the demo model was trained on.
  private static let exceptions = [
    "Tests/TidyTests/BannedWord.swift", "Tests/TidyTests/WordTests.swift", "deploy/demo-model/corpus.py",
  ]

  @Test("do not spread: each folder has at most as many as its baseline says")
  func wordsDoNotSpread() throws {
    let files =
      Tree.code + Tree.pages + ["Package.swift", ".ci/run"].compactMap { Tree.file($0) }
      + ["Sources", "Tests", "deploy", "proto"].flatMap { Tree.files(in: $0, ".proto", ".sh", ".py") }
    var found: [String: [String]] = [:]
    for file in files where !Self.exceptions.contains(file.path) {
      for (index, line) in file.lines.enumerated() {
        found[file.folder, default: []] += BannedWord.found(in: line, folder: file.folder).map {
          "\(file.path):\(index + 1): \($0)"
        }
      }
    }
    try Baseline("words").hold(found.mapValues(\.count)) { folder in
      "A folder that was renamed takes its number along.\n" + found[folder, default: []].joined(separator: "\n")
    }
  }

  @Test("are found as words, as identifiers, in any case, and not within others")
  func wordsAreFound() {
    #expect(BannedWord.found(in: "Nobody is told; its neighbours in\twords.", folder: "x").count == 4)
    #expect(BannedWord.found(in: "let near_keys: HeldSequences, nearKeyCount", folder: "x").count == 3)
    #expect(BannedWord.found(in: "keys are foretold by whoeverness, not in  other words", folder: "x") == [])
    #expect(BannedWord.found(in: "a bundle", folder: "Sources/CKernels").count == 1)
    #expect(BannedWord.found(in: "a bundle", folder: "Sources/longhaul") == [])
  }
}
