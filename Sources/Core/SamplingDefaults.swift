/// What a model's makers recommend for sampling; nil where the file says nothing.
package struct SamplingDefaults: Hashable, Sendable {
  package var temperature: Float?
  package var topK: Int?
  package var topP: Float?
  package var minP: Float?
  package var repetitionPenalty: Float?
  /// Recommendations that are not followed, each a sentence.
  package var warnings: [String] = []

  package init() {}

  /// The parameters with what is recommended in place of theirs.
  package func applied(to parameters: SamplingParameters) -> SamplingParameters {
    var parameters = parameters
    parameters.temperature = temperature ?? parameters.temperature
    parameters.topK = topK ?? parameters.topK
    parameters.topP = topP ?? parameters.topP
    parameters.minP = minP ?? parameters.minP
    parameters.repetitionPenalty = repetitionPenalty ?? parameters.repetitionPenalty
    return parameters
  }

  /// Removes what is out of range, with a warning for each.
  package mutating func removeInvalid() {
    remove(\.temperature) { $0.temperature = $1 }
    remove(\.topK) { $0.topK = $1 }
    remove(\.topP) { $0.topP = $1 }
    remove(\.minP) { $0.minP = $1 }
    remove(\.repetitionPenalty) { $0.repetitionPenalty = $1 }
  }

  private mutating func remove<Value>(
    _ field: WritableKeyPath<SamplingDefaults, Value?>, _ set: (inout SamplingParameters, Value) -> Void
  ) {
    guard let value = self[keyPath: field] else { return }
    var parameters = SamplingParameters()
    set(&parameters, value)
    do throws(InvalidParameter) {
      try parameters.validate()
    } catch {
      self[keyPath: field] = nil
      warnings.append("the model recommends \(error.name) \(value), which is left out: it \(error.reason)")
    }
  }
}

extension SamplingDefaults: CustomStringConvertible {
  /// `temperature 0.6, top_k 20`; empty when nothing is recommended.
  package var description: String {
    var parts: [String] = []
    func add(_ name: String, _ value: (some CustomStringConvertible)?) {
      if let value { parts.append("\(name) \(value)") }
    }
    add("temperature", temperature)
    add("top_k", topK)
    add("top_p", topP)
    add("min_p", minP)
    add("repetition_penalty", repetitionPenalty)
    return parts.joined(separator: ", ")
  }
}
