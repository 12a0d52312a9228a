/// A checkpoint's metadata: keys in file order, and values by key with the types and ranges their readers
/// need.
///
/// Readers return nil for an absent key and throw for a value of another type or outside what was asked.
package struct Metadata: Sendable {
  package let fileName: String
  /// In the order of the file.
  package private(set) var keys: [String] = []
  private var values: [String: MetadataValue] = [:]

  init(fileName: String) { self.fileName = fileName }

  package subscript(key: String) -> MetadataValue? { values[key] }

  /// False when the key is there already.
  mutating func insert(_ key: String, _ value: MetadataValue) -> Bool {
    guard values.updateValue(value, forKey: key) == nil else { return false }
    keys.append(key)
    return true
  }

  /// Sets a value in place of the file's; nil takes the key away.
  mutating func replace(_ key: String, _ value: MetadataValue?) {
    guard let value else {
      keys.removeAll { $0 == key }
      values[key] = nil
      return
    }
    if values.updateValue(value, forKey: key) == nil { keys.append(key) }
  }

  /// An integer of any of the format's integer types.
  func integer(_ key: String, in range: ClosedRange<Int>) throws(CheckpointError) -> Int? {
    let value: Int?
    switch values[key] {
    case nil: return nil
    case .unsigned(let number): value = Int(exactly: number)
    case .signed(let number): value = Int(exactly: number)
    case .float, .bool, .string, .repairedString, .array, .nestedArray: throw refusal(key, "is not an integer")
    }
    return try checked(value, key, range)
  }

  /// `count` integers: an array of them, or one integer that stands for all.
  func integers(_ key: String, count: Int, in range: ClosedRange<Int>) throws(CheckpointError) -> [Int]? {
    guard case .array(let array) = values[key] else {
      guard let value = try integer(key, in: range) else { return nil }
      return Array(repeating: value, count: count)
    }
    guard array.count == count else { throw refusal(key, "has \(array.count) entries for \(count) layers") }
    guard let numbers = array.integers() else { throw refusal(key, "is not an array of integers") }
    for number in numbers where !range.contains(number) {
      throw refusal(key, "has \(number), which must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return numbers
  }

  /// A finite number; integers are taken as well.
  func number(_ key: String) throws(CheckpointError) -> Double? {
    let value: Double
    switch values[key] {
    case nil: return nil
    case .unsigned(let number): value = Double(number)
    case .signed(let number): value = Double(number)
    case .float(let number): value = number
    case .bool, .string, .repairedString, .array, .nestedArray: throw refusal(key, "is not a number")
    }
    guard value.isFinite else { throw refusal(key, "is \(value), which is not finite") }
    return value
  }

  func positiveNumber(_ key: String) throws(CheckpointError) -> Double? {
    guard let value = try number(key) else { return nil }
    guard value > 0 else { throw refusal(key, "is \(value) but must be positive") }
    return value
  }

  /// A bool, or 0 or 1 as some converters write it.
  func flag(_ key: String) throws(CheckpointError) -> Bool? {
    switch values[key] {
    case nil: return nil
    case .bool(let value): return value
    case .unsigned(let number) where number <= 1: return number == 1
    case .signed(let number) where (0...1).contains(number): return number == 1
    case .unsigned, .signed, .float, .string, .repairedString, .array, .nestedArray:
      throw refusal(key, "is not a bool")
    }
  }

  func string(_ key: String) throws(CheckpointError) -> String? {
    switch values[key] {
    case nil: return nil
    case .string(let value): return value
    case .repairedString: throw refusal(key, "is a string that is not UTF-8")
    case .unsigned, .signed, .float, .bool, .array, .nestedArray: throw refusal(key, "is not a string")
    }
  }

  func array(_ key: String) throws(CheckpointError) -> MetadataArray? {
    switch values[key] {
    case nil: return nil
    case .array(let value): return value
    case .nestedArray: throw refusal(key, "is an array of arrays")
    case .unsigned, .signed, .float, .bool, .string, .repairedString: throw refusal(key, "is not an array")
    }
  }

  /// What an absent key that cannot be done without is answered with.
  func missing(_ key: String) -> CheckpointError { refusal(key, "is missing") }

  func refusal(_ key: String, _ problem: String) -> CheckpointError { .invalid(fileName, key, problem) }

  private func checked(
    _ value: Int?, _ key: String, _ range: ClosedRange<Int>
  ) throws(CheckpointError) -> Int {
    guard let value, range.contains(value) else {
      let shown = values[key]?.summary(arrayLimit: 1) ?? ""
      throw refusal(key, "is \(shown) but must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return value
  }
}
