import ArgumentParser
import Evaluation
import Foundation
import Inference
import Tokenization

/// Policies separated by commas.
struct PolicySettingList: ExpressibleByArgument {
  let values: [PolicySetting]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { PolicySetting($0) }
    guard !values.isEmpty, values.count == parts.count, parts.count <= 64 else { return nil }
  }
}

/// Which policies are measured side by side.
struct PolicySettingOptions: ParsableArguments {
  @Option(
    name: .customLong("policy"),
    help: "Policies to measure, separated by commas: plain, auto, or GxW (8x32: group size 8, neighbor window 32).")
  var policies: PolicySettingList?

  /// What was asked for; else plain beside `--group-size` and `--neighbor-window` where they are given; else
  /// `standard`.
  func list(policy: PolicyRequest, standard: [PolicySetting]) -> [PolicySetting] {
    if let policies { return policies.values }
    guard let groupSize = policy.groupSize, groupSize > 1, let window = policy.neighborWindow else { return standard }
    return [.plain, .forced(groupSize: groupSize, neighborWindow: window)]
  }
}

/// A long text to measure on.
struct LongTextOptions: ParsableArguments {
  @Option(
    name: [.customShort("f"), .long],
    help: "The text; - is standard input. Default, for the demo model only: stories that come with the program.")
  var file: String?

  @Option(help: "A JSON array of token ids instead of a text, taken as they are.")
  var tokenIds: String?

  @Option(help: "A line between documents of the text: each document then begins with the begin token.")
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
