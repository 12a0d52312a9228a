import ArgumentParser
import Foundation
import Core
import Tokenization

/// The long text that a command measures on.
struct LongTextOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .long],
    help: "A text file; - is standard input. The demo model defaults to bundled stories.")
  var file: String?

  @Option(help: "A JSON file with an array of token ids, used as they are, instead of a text.")
  var tokenIds: String?

  @Option(help: "A line that separates documents of the text; each document then starts with the begin token.")
  var separator: String?

  func tokens(_ model: MeasuredModel) throws -> [TokenID] {
    if let tokenIds { return try PromptOptions.ids(path: tokenIds) }
    guard let separator else {
      return model.tokenizer.encode(
        try read(model), addingBegin: model.tokenizer.addsBeginToken, parsingSpecial: false)
    }
    return try read(model).components(separatedBy: "\n\(separator)\n").flatMap {
      model.tokenizer.encode($0, addingBegin: true, parsingSpecial: false)
    }
  }

  private func read(_ model: MeasuredModel) throws -> String {
    try MeasuredModel.text(file: file, whose: model, option: "-f FILE")
  }
}
