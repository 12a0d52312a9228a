extension TokenizerDescription {
  /// Spellings of the end of a turn or message in well-known families. Older files mark them by these spellings only.
  package static let endOfTurnSpellings = spellings([
    "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<turn|>", "<end_of_utterance>", "<|return|>",
    "<|call|>", "<|flush|>", "<|calls|>", "[EOT]",
  ])

  /// Spellings of the end of a turn, a message or a text.
  package static let endSpellings = endOfTurnSpellings.union(
    spellings([
      "</s>", "<|endoftext|>", "<|end_of_text|>", "<|eot|>", "<|EOT|>", "<|end_of_turn|>", "<|END_OF_TURN_TOKEN|>",
      "<EOT>", "_<EOT>", "[EOS]", "<eos>", "<｜end▁of▁sentence｜>", "[e~[",
    ]))

  /// Tokens with one of some spellings, by id, of the kinds that no ordinary text becomes. Where messages follow each
  /// other within a turn (`<|return|>` or `<|calls|>` end it), `<|end|>` ends a message and no answer.
  package static func ends(
    _ spellings: Set<[UInt8]>, of tokens: [[UInt8]], _ isSpecial: (TokenID) -> Bool
  ) -> [TokenID] {
    let found = tokens.indices.map { TokenID($0) }.filter { spellings.contains(tokens[Int($0)]) && isSpecial($0) }
    let names = Set(found.map { tokens[Int($0)] })
    guard !names.isDisjoint(with: turnEndsAfterMessages) else { return found }
    return found.filter { tokens[Int($0)] != messageEnd }
  }

  private static let messageEnd = Array("<|end|>".utf8)
  private static let turnEndsAfterMessages = spellings(["<|return|>", "<|calls|>"])

  private static func spellings(_ texts: [String]) -> Set<[UInt8]> { Set(texts.map { Array($0.utf8) }) }
}
