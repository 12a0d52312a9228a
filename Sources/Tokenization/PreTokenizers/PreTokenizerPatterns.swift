/// The patterns of the families, those of the vocabularies' training: each cuts the pieces of the one before.
extension PreTokenizerFamily {
  var patterns: [String] {
    switch self {
    case .plain: [#"[\p{P}$+<=>^~|]+"#, Self.gpt2Words, #"\p{N}+"#, "[0-9][0-9][0-9]"]
    case .gpt2: [Self.gpt2Words]
    case .llama3, .llama3Merging: [Self.words(numbers: #"\p{N}{1,3}"#)]
    case .qwen2: [Self.words(numbers: #"\p{N}"#)]
    case .qwen35: [Self.words(letters: #"[\p{L}\p{M}]+"#, numbers: #"\p{N}"#, symbols: #"[^\s\p{L}\p{M}\p{N}]+"#)]
    case .starcoder: [#"\p{N}"#, Self.gpt2Words]
    case .falcon: [#"[\p{P}$+<=>^~|`]+"#, Self.gpt2Words, "[0-9][0-9][0-9]"]
    case .deepseekLLM:
      [
        #"[\r\n]"#, #"\s?[A-Za-z"# + Self.casedLetters + "]+", #"\s?[!-/:-~！-／：-～‘-‟　-。]+"#, #"\s+$"#,
        Self.wideIdeographs, #"\p{N}+"#,
      ]
    case .deepseekCoder: [#"[\r\n]"#, #"\s?\p{L}+"#, #"\s?\p{P}+"#, Self.wideIdeographs, #"\p{N}"#]
    case .deepseekV3: [#"\p{N}{1,3}"#, Self.ideographs, Self.symbolWords + "|" + Self.spaces]
    case .spark:
      [
        #"\p{N}{1,3}"#, Self.ideographs,
        Self.asciiWord + #"| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+"#, #"\p{N}"#,
      ]
    case .tekken: [Self.casedWords(suffix: "", numbers: #"\p{N}"#)]
    case .gpt4o, .gpt4oWhole: [Self.casedWords(suffix: Self.contractions + "?", numbers: #"\p{N}{1,3}"#)]
    case .kimiK2: [Self.kimiWords]
    case .superBPE: [#"\p{N}+"#, #"(?=(\d{3})+(?!\d))"#]
    case .bailing: [Self.words(numbers: #"\p{N}"#, lineEnds: #"\s*[\r\n]"#)]
    case .seedCoder: [Self.words(numbers: #"\p{N}{1}"#, symbols: #"[^\s\p{L}\p{N}\r\n]+"#, afterSymbols: "")]
    case .bloom: [Self.bloomWords]
    case .viking: [Self.bloomWords, #"\p{N}"#]
    case .chameleon:
      [
        "<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", #"([\t\n]|    |  )"#, #"\p{N}"#,
        #"[\p{P}!-/:-@\[-`{-~]"#, Self.gpt2Words,
      ]
    case .exaoneMoE:
      [
        Self.words(
          letters: #"(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+"#, numbers: #"\p{N}"#, afterSymbols: #"[\r\n/]?"#,
          lineEnds: #"\s*[\r\n]"#)
      ]
    case .tinyAya:
      [
        #"\d{1,3}(?=(?:\d{3})*\b)"#, Self.casedWords(suffix: Self.contractions + "?", numbers: #"\p{N}{1,3}"#),
      ]
    case .afmoe:
      [
        #"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))"#,
        "[一-鿿㐀-䶿豈-﫿぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+", Self.symbolWords + "|" + Self.spaces,
      ]
    case .jais2: [Self.words(numbers: #"\p{N}{1,3}"#, spaces: Self.halvedSpaces)]
    case .youtu:
      [
        "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥぀-ゟ゠-ヿ]+",
        Self.casedWords(suffix: Self.contractions + "?", numbers: #"\p{N}"#),
      ]
    case .laguna: [Self.lineRuns, Self.words(numbers: #"\p{N}"#)]
    case .ufakzeka: [Self.words(contractions: "", numbers: #"\p{N}"#)]
    case .minicpm5: [#"\p{N}{1,3}"#, Self.words(numbers: #"\p{N}+"#)]
    case .lines: [Self.lineRuns]
    }
  }

  /// GPT-2: contractions; letters, numbers or symbols with a preceding space; whitespace, except its last character,
  /// which belongs to the next piece.
  static let gpt2Words = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
  private static let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
  private static let lineRuns = #"[^\n]+|[\n]+"#
  private static let bloomWords = #" ?[^(\s|.,!?…。，、।۔،)]+"#
  private static let ideographs = "[一-龥぀-ゟ゠-ヿ]+"
  /// The middle range starts in Samaritan.
  private static let wideIdeographs = "[一-龥ࠀ-一가-퟿]+"
  private static let asciiWord =
    ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##
  private static let symbolWords = asciiWord + #"| ?[\p{P}\p{S}]+[\r\n]*"#
  /// Runs of blanks in powers of two.
  private static let halvedSpaces =
    #"\s*[\r\n]+|"# + [512, 256, 128, 64, 32, 16, 8, 4].map { #"\s{\#($0)}(?!\S)|"# }.joined()
    + #"\s{1,2}(?!\S)|\s{1}"#

  /// Llama 3 and Qwen: as GPT-2, but any character may precede a word, numbers have a maximum of digits, symbols
  /// include line ends, and whitespace with line ends stops after the last of them.
  private static func words(
    contractions: String = contractions + "|", letters: String = #"\p{L}+"#, numbers: String,
    symbols: String = #"[^\s\p{L}\p{N}]+"#, afterSymbols: String = #"[\r\n]*"#, lineEnds: String? = nil,
    spaces: String = spaces
  ) -> String {
    let spaces = lineEnds.map { $0 + #"|\s+(?!\S)|\s+"# } ?? spaces
    return contractions + #"[^\r\n\p{L}\p{N}]?"# + letters + "|\(numbers)| ?\(symbols)\(afterSymbols)|" + spaces
  }

  /// GPT-4o and Tekken: words break before capitals that follow small letters.
  private static func casedWords(suffix: String, numbers: String) -> String {
    let (upper, lower) = (#"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#)
    let lead = #"[^\r\n\p{L}\p{N}]?"#
    return "\(lead)\(upper)*\(lower)+\(suffix)|\(lead)\(upper)+\(lower)*\(suffix)|\(numbers)|"
      + #" ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces
  }

  /// As GPT-4o, with runs of Han apart.
  private static let kimiWords: String = {
    let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"#
    let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"#
    let lead = #"[^\r\n\p{L}\p{N}]?"#
    return #"[\p{Han}]+|"# + "\(lead)\(upper)*\(lower)+\(contractions)?|\(lead)\(upper)+\(lower)*\(contractions)?|"
      + #"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + spaces
  }()

  /// What DeepSeek LLM's pattern lists beside ASCII.
  private static let casedLetters =
    "µÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-ῄῆ-ῌ"
    + "ῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃"
}
