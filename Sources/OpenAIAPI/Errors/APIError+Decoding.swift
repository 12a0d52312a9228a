extension APIError {
  /// Describes an invalid body in one sentence that names the field.
  init(decoding error: DecodingError) {
    switch error {
    case .typeMismatch(let type, let context):
      let path = Self.path(context.codingPath)
      self = .invalid(
        "\(path.isEmpty ? "the body" : path) must be \(Self.name(of: type)).", parameter: path.nonEmpty)
    case .valueNotFound(let type, let context):
      let path = Self.path(context.codingPath)
      self = .invalid(
        "\(path.isEmpty ? "the body" : path) must be \(Self.name(of: type)).", parameter: path.nonEmpty)
    case .keyNotFound(let key, let context):
      let path = Self.path(context.codingPath + [key])
      self = .invalid("\(path) is missing.", parameter: path)
    case .dataCorrupted(let context):
      let path = Self.path(context.codingPath)
      self =
        path.isEmpty
        ? .invalid("The body is not valid JSON.", code: "invalid_json")
        : .invalid("\(path) has an invalid value.", parameter: path)
    @unknown default:
      self = .invalid("The body cannot be decoded.")
    }
  }

  /// `messages[2].content` for a coding path.
  static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += (path.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "an integer"
    case is any BinaryFloatingPoint.Type: "a number"
    case is any Collection<Any>.Type: "an array"
    default: "of another type"
    }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
