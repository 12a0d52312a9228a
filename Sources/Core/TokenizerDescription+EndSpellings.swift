extension TokenizerDescription {
  /// Spellings of the end of a turn or message in well-known families. Older files mark them by these spellings only.
  package static let endOfTurnSpellings = spellings([
    "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>",
  ])

  /// Spellings of the end of a turn, a message or a text.
  package static let endSpellings = endOfTurnSpellings.union(
    spellings([
      "</s>", "<|endoftext|>", "<|end_of_text|>", "<|eot|>", "<|EOT|>", "<|end_of_turn|>", "<|END_OF_TURN_TOKEN|>",
      "<EOT>", "<｜end▁of▁sentence｜>",
    ]))

  private static func spellings(_ texts: [String]) -> Set<[UInt8]> { Set(texts.map { Array($0.utf8) }) }
}
