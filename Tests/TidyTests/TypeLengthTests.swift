import Testing

@Suite("Types are short")
struct TypeLengthTests {
  private static let limit = 400

  @Test("no type has more than 400 lines over all its extensions, apart from those that shrink to it")
  func typesAreShort() throws {
    var lineCounts: [String: Int] = [:]
    var files: [String: Set<String>] = [:]
    for file in Tree.swift {
      for type in file.declarations.all where type.kind == .type {
        let key = "\(file.folder) \(type.name)"
        lineCounts[key, default: 0] += type.ownLineCount
        files[key, default: []].insert(file.path)
      }
    }
    #expect(lineCounts.count > 1000, "types were found")
    try Baseline("types").hold(lineCounts.filter { $0.value > Self.limit }) { type in
      "More than \(Self.limit) lines in \(files[type, default: []].sorted()): is it one idea?"
    }
  }
}
