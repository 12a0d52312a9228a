import Core
import JSON

/// What ends an answer besides its limit.
struct StopFields: Sendable {
  var strings: [String] = []
  var tokens: [TokenID] = []
  var ignoresEndTokens = false
  /// Whether the stop string that ended an answer is part of it.
  var includesString = false

  init() {}

  /// - Parameter name: of the field with the stop strings.
  init(_ fields: RequestFields, strings name: String = "stop") throws {
    strings = try Self.strings(fields, name)
    tokens = try Self.tokens(fields)
    ignoresEndTokens = try fields.flag("ignore_eos") ?? false
    includesString = try fields.flag("include_stop_str_in_output") ?? false
  }

  static func strings(_ fields: RequestFields, _ name: String) throws -> [String] {
    guard let value = fields.value(name) else { return [] }
    let items = value.array ?? [value]
    let stops = items.compactMap(\.string)
    guard stops.count == items.count else { throw fields.invalid(name, "must be a string or an array of strings") }
    guard stops.count <= RequestLimits.stopStringCount else {
      throw fields.invalid(name, "may contain at most \(RequestLimits.stopStringCount) strings")
    }
    guard stops.allSatisfy({ $0.utf8.count <= RequestLimits.stopStringByteCount }) else {
      throw fields.invalid(name, "strings may have at most \(RequestLimits.stopStringByteCount) bytes each")
    }
    // Ignores empty stop strings, which would end every completion at once.
    return stops.filter { !$0.isEmpty }
  }

  private static func tokens(_ fields: RequestFields) throws -> [TokenID] {
    let tokens = try fields.array("stop_token_ids", of: "token ids") ?? []
    guard tokens.count <= RequestLimits.stopTokenCount else {
      throw fields.invalid("stop_token_ids", "may contain at most \(RequestLimits.stopTokenCount) ids")
    }
    return try tokens.map { token in
      guard let id = token.integer.flatMap({ TokenID(exactly: $0) }), id >= 0 else {
        throw fields.invalid("stop_token_ids", "must contain ids of the model's vocabulary")
      }
      return id
    }
  }
}
