import Core
import JSON

/// The fields of DRY, in llama-server's names.
struct DryFields: Sendable {
  /// Without breakers, which depend on the vocabulary.
  var parameters = DryParameters()
  /// Texts across which nothing is a repetition.
  var breakers = ["\n", ":", "\"", "*"]

  init() {}

  init(_ fields: RequestFields) throws {
    typealias Bounds = DryParameters.Bounds
    parameters.multiplier = try fields.number("dry_multiplier", in: Bounds.multiplier) ?? parameters.multiplier
    parameters.base = try fields.number("dry_base", in: Bounds.base) ?? parameters.base
    let length = try fields.integer("dry_allowed_length", in: Bounds.allowedLength)
    parameters.allowedLength = length ?? parameters.allowedLength
    let lookback = try fields.integer("dry_penalty_last_n", in: -1...Limits.maximumContext)
    // llama-server's -1 is all, and 0 nothing.
    parameters.lookback = lookback.flatMap { $0 > 0 ? $0 : nil }
    if lookback == 0 { parameters.multiplier = 0 }
    guard let items = try fields.array("dry_sequence_breakers", of: "strings") else { return }
    breakers = items.compactMap(\.string)
    guard breakers.count == items.count, breakers.allSatisfy({ !$0.isEmpty }) else {
      throw fields.invalid("dry_sequence_breakers", "must be an array of strings that are not empty")
    }
    guard breakers.count <= RequestLimits.dryBreakerCount,
      breakers.allSatisfy({ $0.utf8.count <= RequestLimits.dryBreakerByteCount })
    else {
      throw fields.invalid(
        "dry_sequence_breakers",
        "may hold at most \(RequestLimits.dryBreakerCount) strings of \(RequestLimits.dryBreakerByteCount) bytes")
    }
  }
}
