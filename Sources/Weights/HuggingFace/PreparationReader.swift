import Core

/// Reads `normalizer` and `pre_tokenizer` of a `tokenizer.json` as steps that rewrite and cut text.
struct PreparationReader {
  private(set) var rewrites: [TextRewrite] = []
  private(set) var splits: [TextSplit] = []
  /// Whether tokens spell bytes in GPT-2's alphabet.
  private(set) var spellsBytes = false
  /// Whether decoding takes away a blank that was put before the text.
  private(set) var addsSpacePrefix = false
  /// Whether the normalizer replaces blanks.
  private(set) var hidesBlanks = false

  static func read(_ file: FolderValue) throws(CheckpointError) -> PreparationReader {
    var reader = PreparationReader()
    if let normalizer = file["normalizer"] { try reader.normalizer(normalizer) }
    if let preTokenizer = file["pre_tokenizer"] { try reader.preTokenizer(preTokenizer) }
    return reader
  }

  // MARK: Normalizers

  private mutating func normalizer(_ value: FolderValue) throws(CheckpointError) {
    switch try value.type() {
    case "Sequence": for part in try value.required("normalizers").array() { try normalizer(part) }
    case "Prepend":
      let text = try value.required("prepend").string()
      rewrites.append(.prefix(text, place: .everywhere, once: false))
      if text == "▁" { addsSpacePrefix = true }
    case "Replace":
      let searched = try pattern(value.required("pattern"))
      if searched == .literal(" ") { hidesBlanks = true }
      rewrites.append(.replace(searched, with: try value.required("content").string()))
    case "NFC": rewrites.append(.canonicalComposition)
    case "NFD": rewrites.append(.canonicalDecomposition)
    case "NFKC": rewrites.append(.compatibilityComposition)
    case "NFKD": rewrites.append(.compatibilityDecomposition)
    case "Lowercase": rewrites.append(.lowercase)
    case "Strip":
      rewrites.append(
        .strip(left: try value["strip_left"]?.bool() ?? true, right: try value["strip_right"]?.bool() ?? true))
    case let other: throw value.unsupported("is \"\(printable(other))\"")
    }
  }

  private func pattern(_ value: FolderValue) throws(CheckpointError) -> TextPattern {
    if let text = value["String"] { return .literal(try text.string()) }
    return .expression(try value.required("Regex").string())
  }

  // MARK: Pre-tokenizers

  private mutating func preTokenizer(_ value: FolderValue) throws(CheckpointError) {
    let kind = try value.type()
    guard !spellsBytes || kind == "Sequence" else {
      throw value.unsupported("is \"\(printable(kind))\" after \"ByteLevel\"")
    }
    switch kind {
    case "Sequence": for part in try value.required("pretokenizers").array() { try preTokenizer(part) }
    case "ByteLevel": try byteLevel(value)
    case "Metaspace": try metaspace(value)
    case "Split":
      splits.append(
        TextSplit(
          try pattern(value.required("pattern")),
          try behavior(value.required("behavior"), isInverted: value["invert"]?.bool() ?? false)))
    case "Digits":
      let isEach = try value["individual_digits"]?.bool() ?? false
      splits.append(TextSplit(.expression(isEach ? #"\p{N}"# : #"\p{N}+"#), .isolated))
    case "Whitespace":
      // Words are those of Rust's `\w`.
      let word = #"\p{Alphabetic}\p{M}\p{Nd}\p{Pc}"# + "\u{200C}\u{200D}"
      splits.append(TextSplit(.expression("[\(word)]+|[^\(word)" + #"\s]+"#), .matchesOnly))
    case "WhitespaceSplit": splits.append(TextSplit(.expression(#"\s+"#), .removed))
    case "Punctuation":
      let punctuation = TextPattern.expression(#"[\p{P}!-/:-@\[-`{-~]"#)
      splits.append(
        TextSplit(
          punctuation,
          try value["behavior"].map { (name) throws(CheckpointError) in
            try behavior(name, isInverted: false)
          } ?? .isolated))
    case let other: throw value.unsupported("is \"\(printable(other))\"")
    }
  }

  private mutating func byteLevel(_ value: FolderValue) throws(CheckpointError) {
    if try value["add_prefix_space"]?.bool() ?? true {
      guard splits.isEmpty else { throw value.unsupported("adds a blank after another pre-tokenizer") }
      rewrites.append(.prefix(" ", place: .everywhere, once: true))
    }
    if try value["use_regex"]?.bool() ?? true { splits.append(TextSplit(.expression(Self.gpt2Words), .isolated)) }
    spellsBytes = true
  }

  /// The pattern that is built into `ByteLevel`.
  private static let gpt2Words = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private mutating func metaspace(_ value: FolderValue) throws(CheckpointError) {
    let blank = try value["replacement"]?.string() ?? "▁"
    let hasPrefix = try value["add_prefix_space"]?.bool() ?? true
    let scheme = try value["prepend_scheme"]?.string() ?? (hasPrefix ? "always" : "never")
    if splits == [TextSplit(.expression(#"\s+"#), .removed)], scheme == "always" {
      // Every word gets the blank that separates it; one that has it already gets no other.
      splits = []
      rewrites += [.strip(left: true, right: true), .replace(.expression(#"\s+"# + blank + "?"), with: blank)]
    } else if !splits.isEmpty {
      throw value.unsupported("follows another pre-tokenizer")
    }
    rewrites.append(.replace(.literal(" "), with: blank))
    switch scheme {
    case "always": rewrites.append(.prefix(blank, place: .everywhere, once: true))
    case "first": rewrites.append(.prefix(blank, place: .beginning, once: true))
    case "never": break
    default: throw value.invalid("has the prepend_scheme \"\(printable(scheme))\"")
    }
    addsSpacePrefix = scheme != "never"
    if try value["split"]?.bool() ?? true { splits.append(TextSplit(.literal(blank), .mergedWithNext)) }
  }

  private func behavior(_ value: FolderValue, isInverted: Bool) throws(CheckpointError) -> TextSplit.Behavior {
    let name = try value.string()
    switch (name, isInverted) {
    case ("Isolated", _): return .isolated
    case ("Removed", false): return .removed
    case ("Removed", true): return .matchesOnly
    case ("MergedWithPrevious", false): return .mergedWithPrevious
    case ("MergedWithNext", false): return .mergedWithNext
    default: throw value.unsupported("is \"\(printable(name))\"" + (isInverted ? " with \"invert\"" : ""))
    }
  }
}
