package import ChatTemplates

/// Any JSON, for the fields that are only handed on to a chat template.
extension ChatValue: Decodable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .none
    } else if let value = try? container.decode(Bool.self) {  // try?: the next kind is tried instead
      self = .bool(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode([ChatValue].self) {
      self = .list(value)
    } else {
      self = .mapping(try container.decode([String: ChatValue].self))
    }
  }
}
