import ChatTemplates
import Glibc
import Core
import Tensors
import Tokenization
import Weights

/// Model files and what is made of their parts.
enum ModelTargets {
  /// A file's bytes; headers, shapes and tokenizer are read, and a text is encoded when that goes well.
  static let gguf = FuzzTarget(name: "gguf", maximumByteCount: 16_384) {
    var broken = GGUFWriter.tinyModel(tied: false)
    broken.set("llama.rope.scaling.type", .string("yarn"))
    return [GGUFWriter.tinyModel().file, broken.file, GGUFWriter().file] + ofLargeBlocks
  } run: { bytes in
    // A file in memory, written over for every input.
    ftruncate(memoryFile, 0)
    guard pwrite(memoryFile, bytes, bytes.count, 0) == bytes.count else { return }
    do {
      let checkpoint = try Checkpoint(path: "/proc/self/fd/\(memoryFile)")
      _ = checkpoint.fingerprint
      _ = try? checkpoint.configuration
      _ = try? checkpoint.footprint
      if let layers = LayerRange(lower: 0, upper: 1) {
        _ = try? StageWeights(checkpoint, layers: layers, hasEmbedding: true, hasHead: true)
      }
      exercise(try Tokenizer(try checkpoint.tokenizer), text: "Hello <s>wörld\u{0}  42")
    } catch {
      require(!"\(error)".isEmpty, "a refusal has words")
    }
  }

  /// Models with a matrix in each type of blocks of 256, whose bytes are those of a count.
  private static var ofLargeBlocks: [[UInt8]] {
    ElementType.allCases.filter { $0.blockElementCount == 256 }.map { type in
      var writer = GGUFWriter.tinyModel(layerCount: 1)
      writer.set("llama.feed_forward_length", .u32(256))
      for name in ["gate", "up"] {
        writer.edit("blk.0.ffn_\(name).weight") {
          ($0.type, $0.dimensions) = (1, [8, 256])
          $0.bytes = [UInt8](repeating: 0x2A, count: 4096)
        }
      }
      writer.edit("blk.0.ffn_down.weight") {
        ($0.type, $0.dimensions) = (type.rawValue, [256, 8])
        $0.bytes = (0..<8 * type.blockByteCount).map { UInt8(truncatingIfNeeded: $0) }
      }
      return writer.file
    }
  }

  private static let memoryFile = unnamedFile()

  /// A new file in memory, gone with the process; negative when there can be none.
  static func unnamedFile() -> CInt {
    var path = Array("/dev/shm/longhaul-fuzz-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    unlink(path)
    return descriptor
  }

  /// A vocabulary made of the input, and a text for it.
  static let tokenizer = FuzzTarget(name: "tokenizer", maximumByteCount: 1024) {
    let words = ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "ab", "<0x0A>", "Ġa", "Ġ", "ana", "an"]
    let pieces = words.map { [UInt8($0.utf8.count), 1] + Array($0.utf8) }.joined()
    return [0, 1].map { [$0, UInt8(words.count)] + Array(pieces) + Array("a banana <s> 12 ééé".utf8) }
  } run: { bytes in
    var reader = InputReader(bytes)
    let flags = reader.byte()
    let count = Int(reader.byte())
    var tokens: [[UInt8]] = []
    var kinds: [TokenKind] = []
    for _ in 0..<count {
      let length = Int(reader.byte() & 31)
      kinds.append(TokenKind(rawValue: Int32(reader.byte() % 7)) ?? .normal)
      tokens.append(reader.bytes(length))
    }
    let isByteLevel = flags & 1 != 0
    let merges = isByteLevel ? zip(tokens, tokens.dropFirst()).map { $0 + [0x20] + $1 } : []
    let pre = ["default", "llama-bpe", "tekken", "deepseek-v3"][Int(flags >> 1 & 3)]
    let description = TokenizerDescription(
      model: isByteLevel ? "gpt2" : "llama", preTokenizer: pre, tokens: tokens,
      scores: isByteLevel ? [] : tokens.indices.map { -Float($0) }, kinds: kinds, merges: merges,
      beginToken: 1, endToken: 2, otherEndTokens: [], unknownToken: 0, addsBeginToken: flags & 8 != 0,
      addsEndToken: nil, addsSpacePrefix: flags & 16 != 0, chatTemplate: nil)
    do {
      exercise(try Tokenizer(description), text: String(decoding: reader.all(), as: UTF8.self))
    } catch {
      require(!"\(error)".isEmpty, "a refusal has words")
    }
  }

  /// A `tokenizer.json`, a NUL, and a text. Patterns of the file's own are tried on it, too.
  static let tokenizerFile = FuzzTarget(name: "tokenizer-file", maximumByteCount: 2048) {
    let words = #""vocab":{"a":0,"b":1,"ab":2,"<unk>":3,"▁":4,"Ġ":5}"#
    let split = #"{"type":"Split","pattern":{"Regex":"(?i:'s)|\\p{L}+|[^\\s\\p{L}]{1,3}|\\s+(?!\\S)|\\s+"},"#
    let added = #"[{"id":6,"content":"<s>","special":true,"rstrip":true},{"id":7,"content":"12","single_word":true}]"#
    return [
      (#""type":"BPE",\#(words),"merges":["a b"],"unk_token":"<unk>""#, #"{"type":"Metaspace"}"#),
      (
        #""type":"BPE",\#(words),"merges":[["a","b"]],"ignore_merges":true"#,
        split + #""behavior":"Isolated"},{"type":"ByteLevel"}"#
      ),
      (
        #""type":"Unigram","vocab":[["<unk>",0],["▁",-1],["ab",-2],["a",-3]],"unk_id":0"#,
        #"{"type":"WhitespaceSplit"},{"type":"Metaspace"}"#
      ),
    ].map { model, steps in
      let before = #""normalizer":{"type":"NFC"},"pre_tokenizer":{"type":"Sequence","pretokenizers":[\#(steps)]}"#
      let file = #"{"model":{\#(model)},\#(before),"added_tokens":\#(added)}"#
      return Array(file.utf8) + [0] + Array("a banana's <s>  12 ééé".utf8)
    }
  } run: { bytes in
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: parts.dropFirst().first ?? [], as: UTF8.self)
    do {
      let description = try TokenizerDescription(TokenizerFiles(tokenizer: Array(parts[0]), settings: nil))
      exercise(try Tokenizer(description), text: text)
    } catch {
      require(!"\(error)".isEmpty, "a refusal has words")
    }
  }

  /// A byte with the length of a text, the text, and a `tokenizer.model`.
  static let sentencePiece = FuzzTarget(name: "sentencepiece", maximumByteCount: 1024) {
    func piece(_ spelling: String, kind: UInt8) -> [UInt8] {
      let text = Array(spelling.utf8)
      return [0x0A, UInt8(text.count + 9), 0x0A, UInt8(text.count)] + text + [0x15, 0, 0, 0x80, 0xBF, 0x18, kind]
    }
    let words = ["▁", "a", "▁a"].map { ($0, UInt8(1)) }
    let others = [("<unk>", UInt8(2)), ("<s>", 3), ("</s>", 3), ("<x>", 4), ("<0x41>", 6)]
    let pieces = (others + words).flatMap { piece($0.0, kind: $0.1) }
    let text = Array("a  aa <x> é".utf8)
    return [1, 2].map { [UInt8(text.count)] + text + pieces + [0x12, 2, 0x18, $0, 0x1A, 4, 0x18, 1, 0x20, 1] }
  } run: { bytes in
    var reader = InputReader(bytes)
    let text = String(decoding: reader.bytes(Int(reader.byte())), as: UTF8.self)
    do {
      let files = TokenizerFiles(tokenizer: reader.all(), isSentencePiece: true)
      exercise(try Tokenizer(try TokenizerDescription(files)), text: text)
    } catch {
      require(!"\(error)".isEmpty, "a refusal has words")
    }
  }

  private static func exercise(_ tokenizer: Tokenizer, text: String) {
    let tokens = tokenizer.encode(text, addingBegin: false, parsingSpecial: false)
    for token in tokens {
      require(token >= 0 && Int(token) < tokenizer.vocabularySize, "ids are of the vocabulary")
      require(!tokenizer.isControl(token), "text from outside gives no control tokens")
    }
    _ = tokenizer.decode(tokens)
  }

  /// A template, a NUL, and what a user says.
  static let template = FuzzTarget(name: "template") {
    TemplateSources.all.map { Array($0.source.utf8) + [0] + Array("{{ hello }} <|im_end|>".utf8) }
  } run: { bytes in
    let parts = bytes.split(separator: 0, maxSplits: 1)
    let source = String(decoding: parts.first ?? [], as: UTF8.self)
    let said = String(decoding: parts.dropFirst().first ?? [], as: UTF8.self)
    do {
      let template = try ChatTemplate(source: source)
      _ = try template.render(
        ChatPrompt(messages: [
          ChatMessage(role: "system", content: "Be brief."), ChatMessage(role: "user", content: said),
          ChatMessage(role: "assistant", content: "Yes."), ChatMessage(role: "user", content: said),
        ]), beginToken: "<s>", endToken: "</s>", date: .fixed)
    } catch {
      require(!"\(error)".isEmpty, "a refusal has words")
    }
  }
}
