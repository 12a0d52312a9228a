import Core

/// How answers are sampled; nil leaves it to the model.
struct ChatSettings: Hashable, Sendable, CustomStringConvertible {
  var temperature: Float?
  var topP: Float?
  var topK: Int?
  var maximumTokens: Int?
  var seed: UInt64?

  /// What is wrong with a setting, as a sentence.
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  mutating func set(_ name: String, _ value: String) throws {
    switch name {
    case "temperature":
      temperature = try Self.number(name, Float(value), in: SamplingParameters.Bounds.temperature)
    case "top_p": topP = try Self.number(name, Float(value), in: SamplingParameters.Bounds.share)
    case "top_k": topK = try Self.number(name, Int(value), in: 0...Limits.maximumVocabularySize)
    case "max_tokens": maximumTokens = try Self.number(name, Int(value), in: 1...Limits.maximumContext)
    case "seed": seed = try Self.number(name, UInt64(value), in: 0...UInt64.max)
    default: throw Refusal(description: "There is no \(name): set temperature, top_p, top_k, max_tokens or seed.")
    }
  }

  private static func number<Value: Comparable>(
    _ name: String, _ value: Value?, in range: ClosedRange<Value>
  ) throws -> Value {
    guard let value, range.contains(value) else {
      throw Refusal(description: "\(name) must be between \(range.lowerBound) and \(range.upperBound).")
    }
    return value
  }

  var description: String {
    func text(_ value: (some CustomStringConvertible)?) -> String { value.map { "\($0)" } ?? "default" }
    return "temperature \(text(temperature)), top_p \(text(topP)), top_k \(text(topK)), "
      + "max_tokens \(text(maximumTokens)), seed \(text(seed))"
  }
}
