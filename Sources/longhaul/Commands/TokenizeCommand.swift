import ArgumentParser
import Foundation
import Core
import Tokenization
import Weights

/// `longhaul tokenize`: text to token ids and back.
struct TokenizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "Converts text to token ids, or ids (--token-ids) to text.")

  @OptionGroup var model: ModelOptions
  @OptionGroup var prompt: PromptOptions

  @Flag(help: "Omit the begin token.")
  var noBegin = false

  @Flag(help: "Parse spellings of control tokens in the text as those tokens.")
  var parseSpecial = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    let checkpoint = try model.open()
    let tokenizer = try Tokenizer(ModelOptions.tokenizer(of: checkpoint))
    let tokens = try ids(tokenizer)
    for token in tokens where token < 0 || Int(token) >= tokenizer.vocabularySize {
      throw EngineError.tokenOutOfRange(token, vocabularySize: tokenizer.vocabularySize)
    }
    let text = tokenizer.decode(tokens)
    if json {
      let pieces = tokens.map { String(decoding: tokenizer.bytes(of: $0), as: UTF8.self) }
      return try StandardOutput.json(TokenizeReport(text: text, tokens: tokens, pieces: pieces))
    }
    if prompt.tokenIds != nil {
      try StandardOutput.write(text)
    } else {
      try StandardOutput.write("[" + tokens.map(String.init).joined(separator: ", ") + "]\n")
    }
  }

  private func ids(_ tokenizer: Tokenizer) throws -> [TokenID] {
    if prompt.tokenIds != nil { return try prompt.tokens { tokenizer } }
    return tokenizer.encode(
      try prompt.text(), addingBegin: !noBegin && tokenizer.addsBeginToken, parsingSpecial: parseSpecial)
  }
}
