package import Core

extension Checkpoint {
  /// What the file recommends for sampling, under GGUF's `general.sampling.*`, or the folder. What is damaged or not
  /// followed is left out with a warning.
  package var samplingDefaults: SamplingDefaults {
    if file.isFolder { return folderDefaults }
    let prefix = "general.sampling."
    var defaults = SamplingDefaults()
    func number(_ key: String) -> Float? {
      guard let value = metadata[prefix + key] else { return nil }
      switch value {
      case .float(let number): return Float(number)
      case .unsigned(let number): return Float(number)
      case .signed(let number): return Float(number)
      case .bool, .string, .repairedString, .array, .nestedArray:
        defaults.warnings.append("\(prefix)\(key) is not a number and is left out")
        return nil
      }
    }
    defaults.temperature = number("temp")
    defaults.topP = number("top_p")
    defaults.minP = number("min_p")
    defaults.repetitionPenalty = number("penalty_repeat")
    // Some programs write -1 for "all".
    defaults.topK = number("top_k").flatMap { Int(exactly: max($0, 0).rounded()) }
    for key in ["xtc_probability", "mirostat"] where (number(key) ?? 0) != 0 {
      defaults.warnings.append("the model recommends \(prefix)\(key), which is not supported and left out")
    }
    defaults.removeInvalid()
    return defaults
  }
}
