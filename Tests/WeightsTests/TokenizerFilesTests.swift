import Core
import Testing

@testable import Weights

/// What a Hugging Face folder's files say of a tokenizer, and which of them are refused by name.
@Suite struct TokenizerFilesTests {
  private static let vocabulary = #"{"<s>":0,"</s>":1,"<unk>":2,"a":3,"b":4,"ab":5,"<0x0A>":6}"#

  private static func file(
    model: String = "", normalizer: String = "null", preTokenizer: String = "null", added: String = "",
    post: String = "null"
  ) -> [UInt8] {
    let model = model.isEmpty ? #"{"type":"BPE","vocab":\#(vocabulary),"merges":["a b"]}"# : model
    return Array(
      """
      {"model":\(model),"normalizer":\(normalizer),"pre_tokenizer":\(preTokenizer),"post_processor":\(post),
       "added_tokens":[{"id":0,"content":"<s>","special":true},{"id":1,"content":"</s>","special":true}\(added)]}
      """.utf8)
  }

  private func read(
    _ tokenizer: [UInt8] = file(), settings: String? = nil, generation: String? = nil
  ) throws -> TokenizerDescription {
    try TokenizerDescription(
      TokenizerFiles(
        tokenizer: tokenizer, settings: settings.map { Array($0.utf8) }, generation: generation.map { Array($0.utf8) }))
  }

  @Test("Tokens come with spellings, kinds and margins; ids that none has are unused")
  func tokens() throws {
    let added = #",{"id":9,"content":"<x>","lstrip":true,"rstrip":true,"single_word":true},{"id":8,"content":"<y>"}"#
    let read = try read(Self.file(added: added))
    #expect(read.model == "gemma4" && read.merges == [Array("a b".utf8)])
    #expect(
      read.tokens.map { String(decoding: $0, as: UTF8.self) } == [
        "<s>", "</s>", "<unk>", "a", "b", "ab", "<0x0A>", "", "<y>", "<x>",
      ])
    #expect(
      read.kinds == [
        .control, .control, .normal, .normal, .normal, .normal, .normal, .unused, .userDefined, .userDefined,
      ])
    #expect(read.margins == [9: [.left, .right, .wholeWord]])
  }

  @Test("Pairs and lines are merges alike, and byte tokens are such under byte fallback only")
  func merges() throws {
    let model =
      #"{"type":"BPE","vocab":\#(Self.vocabulary),"merges":[["a","b"]],"byte_fallback":true,"unk_token":"<unk>"}"#
    let read = try read(Self.file(model: model))
    #expect(read.merges == [Array("a b".utf8)] && read.kinds[6] == .byte && read.unknownToken == 2)
  }

  @Test("All end tokens are found: of the settings, of the generation's list, and the ends of turns")
  func ends() throws {
    let added = #",{"id":7,"content":"<|im_end|>","special":true}"#
    let read = try read(
      Self.file(added: added), settings: #"{"eos_token":{"content":"</s>"}}"#, generation: #"{"eos_token_id":[4,1,99]}"#
    )
    #expect(read.endToken == 1 && read.otherEndTokens == [4, 7])
    #expect(try self.read(generation: #"{"eos_token_id":3}"#).endToken == 3)
    #expect(try self.read().endToken == nil)
  }

  @Test("The begin token is the settings' or the post-processor's")
  func begin() throws {
    let post = #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}"#
    let sequence = #"{"type":"Sequence","processors":[{"type":"ByteLevel"},\#(post)]}"#
    for post in [post, sequence] {
      let read = try read(Self.file(post: post))
      #expect(read.beginToken == 0 && read.addsBeginToken == true && read.addsEndToken == false)
    }
    #expect(try read().addsBeginToken == false)
    let other = try read(settings: #"{"bos_token":"a","add_bos_token":true,"add_eos_token":true}"#)
    #expect(other.beginToken == 3 && other.addsBeginToken == true && other.addsEndToken == true)
  }

  @Test("The chat template is a string, or the default of a list")
  func template() throws {
    #expect(try read(settings: #"{"chat_template":"x"}"#).chatTemplate == "x")
    let list = #"{"chat_template":[{"name":"rag","template":"r"},{"name":"default","template":"d"}]}"#
    #expect(try read(settings: list).chatTemplate == "d")
  }

  @Test(
    "What is not supported is refused by name",
    arguments: [
      (file(model: #"{"type":"WordPiece","vocab":{}}"#), "model is \"WordPiece\""),
      (file(model: #"{"type":"BPE","vocab":{},"merges":[],"end_of_word_suffix":"</w>"}"#), "end_of_word_suffix"),
      (file(model: #"{"type":"BPE","vocab":{},"merges":[],"dropout":0.1}"#), "dropout"),
      (file(normalizer: #"{"type":"BertNormalizer"}"#), "normalizer is \"BertNormalizer\""),
      (
        file(normalizer: #"{"type":"Sequence","normalizers":[{"type":"Precompiled"}]}"#),
        "normalizer.normalizers[0] is \"Precompiled\""
      ),
      (file(preTokenizer: #"{"type":"UnicodeScripts"}"#), "pre_tokenizer is \"UnicodeScripts\""),
      (file(preTokenizer: #"{"type":"Split","pattern":{"Regex":"a"},"behavior":"Contiguous"}"#), "Contiguous"),
      (
        file(preTokenizer: #"{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]}"#),
        "\"Digits\" after"
      ),
      (file(post: #"{"type":"X"}"#), "post_processor is \"X\""),
      (file(model: #"{"type":"BPE","vocab":{},"merges":[["a b","c"]]}"#), "piece with a blank"),
    ])
  func refused(file: [UInt8], words: String) {
    let error = #expect(throws: CheckpointError.self) { try read(file) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
  }

  @Test(
    "Damage is refused with its place",
    arguments: [
      (Array("{".utf8), "is no JSON"), (Array("{}".utf8), "lacks \"model\""), ([0xFF], "is no JSON"),
      (file(added: #",{"id":-1,"content":"x"}"#), "added_tokens[2].id"),
      (file(added: #",{"id":4000000,"content":"x"}"#), "far beyond"),
      (file(added: #",{"id":5}"#), "lacks \"content\""),
      (file(model: #"{"vocab":[["a"]],"unk_id":0}"#), "model.vocab[0]"),
      (file(model: #"{"vocab":[["a",0]],"unk_id":1}"#), "model.unk_id"),
      (file(model: #"{"vocab":[],"unk_id":0}"#), "empty vocabulary"),
      (file(model: #"{"type":"BPE","vocab":{"a":"x"},"merges":[]}"#), "without an id"),
    ])
  func damaged(file: [UInt8], words: String) {
    let error = #expect(throws: CheckpointError.self) { try read(file) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
  }

  @Test("generation_config.json recommends sampling")
  func sampling() throws {
    let file = #"{"do_sample":true,"temperature":0.7,"top_p":0.8,"top_k":20,"repetition_penalty":1.05,"min_p":-1}"#
    let defaults = try SamplingDefaults(generationFile: Array(file.utf8))
    #expect(defaults.description == "temperature 0.7, top_k 20, top_p 0.8, repetition_penalty 1.05")
    #expect(defaults.warnings.count == 1)
    #expect(throws: CheckpointError.self) { try SamplingDefaults(generationFile: Array(#"{"top_p":"x"}"#.utf8)) }
  }
}
