/// Which options a command line gives, without what they mean.
struct CommandLineScan {
  /// Spellings, as given.
  private(set) var options: Set<String> = []
  /// Values of options that have one, by spelling.
  private(set) var values: [String: String] = [:]
  private(set) var hasPositional = false

  /// - Parameters:
  ///   - words: after the command's name.
  ///   - flags: spellings of options without a value.
  init(_ words: [String], flags: Set<String>) {
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        hasPositional = hasPositional || !rest.isEmpty
        return
      }
      guard word.hasPrefix("-"), word != "-" else {
        hasPositional = true
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      options.insert(parts[0])
      if parts.count == 2 {
        values[parts[0]] = parts[1]
      } else if !flags.contains(word), let value = rest.popFirst() {
        values[word] = value
      }
    }
  }
}
