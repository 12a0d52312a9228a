import Testing

/// A name that fits everything says nothing.
@Suite("Names say what things are")
struct NameTests {
  private static let empty = ["Manager", "Helper", "Util", "Utility", "Utilitie"]

  private func isEmpty(_ name: String) -> Bool {
    Self.empty.contains { name.hasSuffix($0) || name.hasSuffix("\($0)s") }
  }

  @Test("no file and no type is a manager, a helper or a utility")
  func namesSayWhatTheyAre() {
    for file in Tree.swift {
      let name = file.path.split(separator: "/").last?.prefix { $0 != "." && $0 != "+" } ?? ""
      #expect(!isEmpty(String(name)), "\(file.path)")
      let folders = file.path.split(separator: "/").dropLast().map(String.init)
      #expect(!folders.contains(where: isEmpty), "\(file.path)")
      for type in file.declarations.all where type.kind == .type {
        #expect(!isEmpty(type.name), "\(file.path):\(type.firstLine): \(type.name)")
      }
    }
  }
}
