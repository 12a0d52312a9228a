import Testing

/// The targets of Package.swift and the arrows between them.
struct PackageManifest {
  struct Target {
    let name: String
    /// Relative to the root.
    let folder: String
    /// Other targets of this package only.
    let dependencies: Set<String>
  }

  let targets: [Target]

  init() throws {
    let text = try #require(Tree.file("Package.swift")).text
    let starts = text.matches(of: /\.(target|executableTarget|testTarget|systemLibrary)\(\s*name: "([\w-]+)"/)
    let names = Set(starts.map { String($0.2) })
    targets = starts.enumerated().map { index, start in
      let end = index + 1 < starts.count ? starts[index + 1].range.lowerBound : text.endIndex
      let body = text[start.range.upperBound..<end]
      let name = String(start.2)
      let path = body.firstMatch(of: /path: "([^"]+)"/).map { String($0.1) }
      // Products of other packages have names of their own; one that is also a target's would be in `.product`.
      let listed = body.firstMatch(of: /dependencies: \[/).map { Self.list(body[$0.range.upperBound...]) } ?? ""
      let own = listed.replacing(/\.product\([^)]*\)/, with: "").matches(of: /"([\w-]+)"/).map { String($0.1) }
      return Target(
        name: name, folder: path ?? "\(start.1 == "testTarget" ? "Tests" : "Sources")/\(name)",
        dependencies: names.intersection(own))
    }
  }

  /// Up to the bracket that closes a list.
  private static func list(_ text: Substring) -> Substring {
    var depth = 1
    return text.prefix { character in
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      return depth > 0
    }
  }
}
