import ArgumentParser
import Foundation
import Core
import Tokenization
import Weights

/// Source of the prompt: text, a file, standard input, or token ids.
struct PromptOptions: ParsableArguments {
  @Option(name: [.customShort("p"), .long], help: "The prompt.")
  var prompt: String?

  @Option(name: [.customShort("f"), .long], help: "A text file with the prompt; - is standard input.")
  var file: String?

  @Option(help: "A JSON file with an array of token ids, used as they are; no token is added.")
  var tokenIds: String?

  func validate() throws {
    let given = [prompt, file, tokenIds].compactMap { $0 }.count
    guard given == 1 else {
      throw ValidationError(
        "pass one prompt: -p TEXT, -f FILE (- for standard input), or --token-ids FILE; \(given) were given")
    }
  }

  /// - Parameter tokenizer: called only when the prompt is text.
  func tokens(tokenizer: () throws -> Tokenizer) throws -> [TokenID] {
    if let tokenIds { return try Self.ids(path: tokenIds) }
    let text = try text()
    let tokenizer = try tokenizer()
    let ids = tokenizer.encode(text, addingBegin: tokenizer.addsBeginToken, parsingSpecial: false)
    guard !ids.isEmpty else { throw EngineError.emptyPrompt }
    return ids
  }

  /// The prompt where it is text.
  func text() throws -> String { try prompt ?? InputFile.text(file ?? "-") }

  static func ids(path: String) throws -> [TokenID] {
    do {
      return try JSONDecoder().decode([TokenID].self, from: Data(try InputFile.bytes(path)))
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(.usage, "'\(path)' is not a JSON array of token ids (non-negative integers)")
    }
  }
}
