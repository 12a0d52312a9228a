import Core

/// The tokens of a model that was trained to fill in text between a prefix and a suffix.
struct FillInTokens: Hashable, Sendable {
  let prefix: TokenID
  let suffix: TokenID
  let middle: TokenID
  /// Before the name of a repository and before each file; nil for models that see one file.
  let repository: TokenID?
  let file: TokenID?
  /// What the model writes behind the text that it fills in, besides its end tokens.
  let ends: Set<TokenID>

  /// nil for a model that has none.
  init?(_ codec: any TextCodec) {
    for (prefix, suffix, middle) in Self.spellings {
      guard let prefix = codec.controlToken(prefix), let suffix = codec.controlToken(suffix),
        let middle = codec.controlToken(middle)
      else { continue }
      (self.prefix, self.suffix, self.middle) = (prefix, suffix, middle)
      repository = Self.first(["<|repo_name|>", "<repo_name>", "<reponame>"], codec)
      file = Self.first(["<|file_sep|>", "<file_sep>", "<|file_separator|>"], codec)
      let padding = ["<|fim_pad|>", "<fim_pad>", "<|endoftext|>", "▁<EOT>"].compactMap(codec.controlToken)
      ends = Set(padding + [prefix, suffix, middle] + [repository, file].compactMap { $0 })
      return
    }
    return nil
  }

  private static func first(_ spellings: [String], _ codec: any TextCodec) -> TokenID? {
    spellings.lazy.compactMap(codec.controlToken).first
  }

  /// Of Qwen and CodeGemma, of StarCoder and Granite, of DeepSeek, of Code Llama.
  private static let spellings = [
    ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"), ("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"), ("▁<PRE>", "▁<SUF>", "▁<MID>"),
  ]
}

/// A text with a hole, for a model that fills it in.
struct FillInPrompt: Hashable, Sendable {
  /// A file that the text may refer to.
  struct Snippet: Hashable, Sendable {
    var name: String
    var text: String
  }

  var prefix: String
  var suffix: String
  var snippets: [Snippet] = []

  /// The prompt: files, then the prefix, the suffix, and the place where the model goes on.
  func encode(_ tokens: FillInTokens, _ codec: any TextCodec) throws -> [TokenID] {
    func text(_ text: String) throws -> [TokenID] {
      text.isEmpty ? [] : try codec.encode(text, addsBegin: false, parsesControlTokens: false)
    }
    var prompt: [TokenID] = try codec.encode("", addsBegin: true, parsesControlTokens: false)
    if !snippets.isEmpty, let repository = tokens.repository, let file = tokens.file {
      prompt += [repository] + (try text("project\n"))
      for snippet in snippets { prompt += [file] + (try text(snippet.name + "\n" + snippet.text + "\n")) }
      prompt += [file] + (try text("file\n"))
    } else {
      for snippet in snippets { prompt += try text(snippet.text + "\n\n") }
    }
    return prompt + [tokens.prefix] + (try text(prefix)) + [tokens.suffix] + (try text(suffix)) + [tokens.middle]
  }
}
