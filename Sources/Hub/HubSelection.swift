/// Which files of a repository a model is: a GGUF file with all its shards, or a folder of safetensors.
package struct HubSelection: Hashable, Sendable {
  /// In the repository's order.
  package let paths: [String]
  /// The file to open, or the empty path where it is the folder.
  package let opened: String

  /// What a GGUF repository is expected to have, the first that is there.
  private static let preferred = ["Q4_K_M", "Q4_K_S", "Q4_0", "Q5_K_M", "Q8_0", "F16", "BF16"]
  private static let texts = [
    "config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja",
    "model.safetensors.index.json",
  ]

  /// - Parameters:
  ///   - paths: of all files.
  ///   - choice: as the reference has it.
  /// - Throws: `HubError` with what there is, where nothing fits.
  package init(of paths: [String], choice: String?, repository: String) throws(HubError) {
    guard let path = try Self.file(of: paths, choice: choice, repository) else {
      let weights = paths.filter { $0.hasSuffix(".safetensors") && !$0.contains("/") }
      guard !weights.isEmpty, paths.contains("config.json") else {
        throw HubError(.reference, "\(repository) has neither GGUF files nor safetensors with a config.json")
      }
      // A SentencePiece model is read where there is no other file of the tokenizer.
      let texts = Self.texts + (paths.contains("tokenizer.json") ? [] : ["tokenizer.model"])
      self.paths = paths.filter { texts.contains($0) || weights.contains($0) }
      opened = ""
      return
    }
    guard path.hasSuffix(".gguf") else {
      throw HubError(.reference, "'\(path)' of \(repository) is no GGUF file; name one, or the repository alone")
    }
    let shards = Self.shards(of: path)
    guard shards.allSatisfy(paths.contains) else {
      throw HubError(.reference, "\(repository) lacks parts of the split file '\(path)'")
    }
    self.paths = shards
    opened = shards[0]
  }

  /// The GGUF file that is meant, or the first of its parts; nil where the repository has none and none was named.
  private static func file(
    of paths: [String], choice: String?, _ repository: String
  ) throws(HubError) -> String? {
    let ggufs = paths.filter { $0.hasSuffix(".gguf") && !isProjector($0) }
    guard let choice else {
      for name in preferred { if let found = quantization(name, among: ggufs) { return found } }
      return ggufs.first
    }
    if paths.contains(choice) { return choice }
    if let found = quantization(choice, among: ggufs) { return found }
    let names = ggufs.isEmpty ? "no GGUF files" : ggufs.prefix(30).joined(separator: ", ")
    throw HubError(.reference, "\(repository) has no file '\(choice)' and none of that quantization; it has \(names)")
  }

  /// Images are none of a language model's input here.
  private static func isProjector(_ path: String) -> Bool { path.lowercased().contains("mmproj") }

  /// The file whose name has the quantization as a word of its own, the first of several.
  private static func quantization(_ name: String, among paths: [String]) -> String? {
    let wanted = Array(name.lowercased().utf8)
    return paths.first { path in
      let text = Array(path.lowercased().utf8)
      guard text.count >= wanted.count, !wanted.isEmpty else { return false }
      return (0...text.count - wanted.count).contains { start in
        let end = start + wanted.count
        return text[start..<end].elementsEqual(wanted) && (start == 0 || !isWord(text[start - 1]))
          && (end == text.count || !isWord(text[end]))
      }
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
  }

  /// Of `…-00001-of-00003.gguf` all three, of another file itself.
  private static func shards(of path: String) -> [String] {
    let stem = path.dropLast(".gguf".count)
    let words = stem.split(separator: "-", omittingEmptySubsequences: false)
    guard words.count > 3, words[words.count - 2] == "of", let last = words.last, last.utf8.count == 5,
      words[words.count - 3].utf8.count == 5, let count = Int(last), (1...4096).contains(count)
    else { return [path] }
    let start = words.dropLast(3).joined(separator: "-")
    return (1...count).map { number in
      let digits = String(number)
      return "\(start)-\(String(repeating: "0", count: 5 - digits.utf8.count))\(digits)-of-\(last).gguf"
    }
  }
}
