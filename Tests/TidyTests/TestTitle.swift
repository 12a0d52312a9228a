/// Titles of tests and suites, and of the cases of tests with arguments.
enum TestTitle {
  /// First texts of `@Test(…)` and `@Suite(…)` in a file.
  static func titles(in file: Tree.File) -> Set<String> {
    Set(
      file.text.matches(of: /@(?:Test|Suite)\(\s*"((?:[^"\\\n]|\\.)*)"/).map { match in
        String(match.1).replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
      })
  }

  /// Texts that may be titles in a file's lists of cases: `("title", …)`, `Case(bytes: "title"`.
  static func cases(in file: Tree.File) -> Set<String> {
    Set(file.text.matches(of: /[(\[:,]\s*"((?:[^"\\\n]|\\.)*)"/).map { String($0.1) })
  }
}
