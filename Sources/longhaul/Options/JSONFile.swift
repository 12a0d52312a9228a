import JSON

/// Files with JSON that options name.
enum JSONFile {
  static func array(_ path: String) throws -> [JSONValue] {
    guard let array = try value(path).array else { throw CommandFailure(.usage, "'\(path)' is not a JSON array") }
    return array
  }

  static func object(_ path: String) throws -> JSONObject {
    guard let object = try value(path).object else { throw CommandFailure(.usage, "'\(path)' is not a JSON object") }
    return object
  }

  private static func value(_ path: String) throws -> JSONValue {
    let bytes = try InputFile.bytes(path)
    do {
      return try JSONParser.parse(bytes)
    } catch {
      throw CommandFailure(.usage, "'\(path)' is not JSON: \(error)")
    }
  }
}
