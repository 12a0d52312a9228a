/// Reads a request object field by field: absent and null are equal, unknown fields are ignored, and a value of the
/// wrong type throws `APIError` with the field's path and the expected type.
struct RequestFields {
  private let container: KeyedDecodingContainer<FieldName>

  init(_ decoder: any Decoder) throws {
    do {
      container = try decoder.container(keyedBy: FieldName.self)
    } catch is DecodingError {
      let path = APIError.path(decoder.codingPath)
      throw APIError.invalid("\(path.isEmpty ? "the body" : path) must be an object.", parameter: path)
    }
  }

  func string(_ name: String) throws -> String? { try value(name, "a string") }
  func flag(_ name: String) throws -> Bool? { try value(name, "true or false") }
  func object<Value: Decodable>(_ name: String) throws -> Value? { try value(name, "an object") }

  /// An integer within `range`.
  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let number: Int = try value(name, "an integer") else { return nil }
    guard range.contains(number) else {
      throw invalid(name, "must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return number
  }

  /// A number; the caller checks its range.
  func number(_ name: String) throws -> Float? {
    guard let number: Double = try value(name, "a number") else { return nil }
    return Float(number)
  }

  func value<Value: Decodable>(_ name: String, _ kind: String) throws -> Value? {
    let key = FieldName(name)
    guard container.contains(key) else { return nil }
    do {
      return try container.decodeNil(forKey: key) ? nil : container.decode(Value.self, forKey: key)
    } catch is DecodingError {
      throw invalid(name, "must be \(kind)")
    }
  }

  /// The names of present fields, to log ignored ones.
  var names: [String] { container.allKeys.map(\.stringValue) }

  func invalid(_ name: String, _ reason: String, code: String? = nil) -> APIError {
    let path = APIError.path(container.codingPath + [FieldName(name)])
    return .invalid("\(path) \(reason).", parameter: path, code: code)
  }
}

private struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }
  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { return nil }
}
