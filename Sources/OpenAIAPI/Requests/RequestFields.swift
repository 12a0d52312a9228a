import JSON

/// What a body becomes: read field by field.
protocol RequestBody: Sendable {
  /// All known fields of the body.
  static var table: FieldTable { get }
  init(_ fields: RequestFields) throws
}

/// Reads a request object field by field: absent and null are equal, and a value of the wrong type or out of range
/// throws `APIError` with the field's path and what it may be.
struct RequestFields: Sendable {
  private let object: JSONObject
  /// Of the object in the body; empty for the body itself.
  private let path: String

  /// Throws for a value that is no object, and for a field of the table that is refused.
  init(_ value: JSONValue, at path: String = "", table: FieldTable) throws {
    guard let object = value.object else {
      throw APIError.invalid(
        "\(path.isEmpty ? "The body" : path) must be an object.", parameter: path.isEmpty ? nil : path)
    }
    self.object = object
    self.path = path
    try table.check(object, at: path)
  }

  /// The value of a field; nil where it is absent or null.
  func value(_ name: String) -> JSONValue? { object[name].flatMap { $0.isNull ? nil : $0 } }

  func string(_ name: String) throws -> String? {
    try value(name).map { value in
      guard let text = value.string else { throw invalid(name, "must be a string") }
      return text
    }
  }

  func flag(_ name: String) throws -> Bool? {
    try value(name).map { value in
      guard let flag = value.bool else { throw invalid(name, "must be true or false") }
      return flag
    }
  }

  /// An integer within `range`.
  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    try value(name).map { value in
      guard let number = value.integer, range.contains(number) else {
        let bounds =
          range.upperBound == .max
          ? "of at least \(range.lowerBound)" : "between \(range.lowerBound) and \(range.upperBound)"
        throw invalid(name, "must be an integer \(bounds)")
      }
      return number
    }
  }

  /// A number within `range`.
  func number(_ name: String, in range: ClosedRange<Float>) throws -> Float? {
    try value(name).map { value in
      guard case .number(let number) = value, range.contains(Float(number.double)) else {
        throw invalid(
          name, "must be a number between \(Self.text(range.lowerBound)) and \(Self.text(range.upperBound))")
      }
      return Float(number.double)
    }
  }

  private static func text(_ bound: Float) -> String { Int(exactly: bound).map { "\($0)" } ?? "\(bound)" }

  /// Bits of an integer, signed or unsigned.
  func bits(_ name: String) throws -> UInt64? {
    try value(name).map { value in
      guard case .number(let number) = value,
        let bits = number.integer.map({ UInt64(bitPattern: Int64($0)) }) ?? number.unsigned
      else { throw invalid(name, "must be an integer between \(Int64.min) and \(UInt64.max)") }
      return bits
    }
  }

  func array(_ name: String, of kind: String) throws -> [JSONValue]? {
    try value(name).map { value in
      guard let items = value.array else { throw invalid(name, "must be an array of \(kind)") }
      return items
    }
  }

  /// The fields of an object within this one.
  func object(_ name: String, table: FieldTable) throws -> RequestFields? {
    try value(name).map { try RequestFields($0, at: path(of: name), table: table) }
  }

  /// The fields of each object of an array.
  func objects(_ name: String, of kind: String, table: FieldTable) throws -> [RequestFields]? {
    try array(name, of: kind)?.enumerated().map {
      try RequestFields($0.element, at: "\(path(of: name))[\($0.offset)]", table: table)
    }
  }

  /// The whole object, for fields that are only handed on.
  var members: JSONObject { object }

  func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  func invalid(_ name: String, _ reason: String, code: String? = nil) -> APIError {
    .invalid("\(path(of: name)) \(reason).", parameter: path(of: name), code: code)
  }
}
