package import JSON

/// Any JSON, for the fields that are only handed on to a chat template.
extension JSONValue: Decodable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {  // try?: the next kind is tried instead
      self = .bool(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode(Int.self) {
      self = .number(JSONNumber(value))
    } else if let value = try? container.decode(Double.self) {
      self = .number(JSONNumber(value))
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode(JSONObject.self))
    }
  }
}

extension JSONObject: Decodable {
  package init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.singleValueContainer().decode([String: JSONValue].self)
    for (key, value) in values.sorted(by: { $0.key < $1.key }) { self[key] = value }
  }
}
