import JSON

/// A JSON value of a file, with its place for messages.
struct FolderValue {
  let value: JSONValue
  /// The file's name, and the path of keys within it.
  let file: String
  let path: String

  static func parse(_ bytes: [UInt8], name: String) throws(CheckpointError) -> FolderValue {
    guard bytes.count <= TokenizerFiles.byteCount else {
      throw .invalid(name, nil, "is \(bytes.count) bytes long, and at most \(TokenizerFiles.byteCount) are read")
    }
    do throws(JSONError) {
      return FolderValue(value: try JSONParser.parse(bytes), file: name, path: "")
    } catch {
      throw .damaged(name, nil, "is no JSON: \(printable(error.description, limit: 200))")
    }
  }

  var isNull: Bool { value.isNull }

  /// Nil where there is no such member, or it is null.
  subscript(key: String) -> FolderValue? {
    guard let member = value[key], !member.isNull else { return nil }
    return FolderValue(value: member, file: file, path: path.isEmpty ? key : "\(path).\(key)")
  }

  func required(_ key: String) throws(CheckpointError) -> FolderValue {
    guard let member = self[key] else { throw invalid("lacks \"\(key)\"") }
    return member
  }

  func type() throws(CheckpointError) -> String { try required("type").string() }

  func string() throws(CheckpointError) -> String {
    guard let text = value.string else { throw invalid("is not a string") }
    return text
  }

  func bool() throws(CheckpointError) -> Bool {
    guard let flag = value.bool else { throw invalid("is not true or false") }
    return flag
  }

  func integer(in range: ClosedRange<Int>) throws(CheckpointError) -> Int {
    guard let number = value.integer, range.contains(number) else {
      throw invalid("is not a whole number between \(range.lowerBound) and \(range.upperBound)")
    }
    return number
  }

  func number() throws(CheckpointError) -> Double {
    guard let number = value.number?.double, number.isFinite else { throw invalid("is not a finite number") }
    return number
  }

  func array() throws(CheckpointError) -> [FolderValue] {
    guard let items = value.array else { throw invalid("is not an array") }
    return items.enumerated().map { FolderValue(value: $1, file: file, path: "\(path)[\($0)]") }
  }

  func invalid(_ problem: String) -> CheckpointError {
    .invalid(file, path.isEmpty ? nil : printable(path, limit: 120), problem)
  }

  func damaged(_ problem: String) -> CheckpointError {
    .damaged(file, path.isEmpty ? nil : printable(path, limit: 120), problem)
  }

  func unsupported(_ problem: String) -> CheckpointError {
    .unsupported(
      file, path.isEmpty ? nil : printable(path, limit: 120), problem + ", which is not supported",
      remedy: "use a GGUF file of the model, or another model")
  }
}
