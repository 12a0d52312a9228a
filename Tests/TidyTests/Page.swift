/// What a page names of the tree.
struct Page {
  let file: Tree.File

  static let all = Tree.pages.map(Page.init(file:))

  private var folder: String { file.path.split(separator: "/").dropLast().joined(separator: "/") }

  /// Where a path of the page may begin: beside the page, at the root, at the sources, at the tests.
  private var bases: [String] { [folder, "", "Sources", "Tests"].map { $0.isEmpty ? "" : $0 + "/" } }

  func isThere(_ path: String) -> Bool {
    bases.contains { Tree.exists($0 + path) || Tree.exists($0 + path + ".swift") }
  }

  func isThere(link: String) -> Bool { Tree.exists(folder.isEmpty ? link : "\(folder)/\(link)") }

  /// Words in backticks that can only be paths of the tree: those that end as source files do, and those whose first
  /// part is a folder of the tree. Words with capitals only (`FILE.md`) stand for a reader's own.
  var pathsInBackticks: [String] {
    file.text.matches(of: /`([^`\n]+)`/).flatMap { $0.1.split(separator: " ") }.map(String.init).filter { word in
      guard word.wholeMatch(of: /(\.\.\/)*[\w+.-]+(\/[\w+.-]+)*\/?/) != nil, !word.hasPrefix(".build"),
        word.contains(where: \.isLowercase)
      else { return false }
      let ending = word.split(separator: ".").last.map(String.init) ?? ""
      if word.contains("."), ["swift", "c", "h", "sh", "py", "md", "proto"].contains(ending) { return true }
      let parts = word.split(separator: "/")
      guard parts.count > 1, let first = parts.first else { return false }
      return first == ".." || bases.contains { Tree.exists($0 + first) }
    }
  }

  /// Links to places in the tree, without fragments.
  var links: [String] {
    file.text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }.filter { !$0.contains("://") && !$0.hasPrefix("#") }
      .map { String($0.prefix { $0 != "#" }) }
  }
}
