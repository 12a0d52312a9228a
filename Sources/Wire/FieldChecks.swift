import CWire
import Core

/// Checks of decoded fields: each returns the value or throws with the field's name and what it has to be.
enum Field {
  static func integer(
    _ value: Int64, _ name: String, _ range: ClosedRange<Int>
  ) throws(WireError) -> Int {
    guard let value = Int(exactly: value), range.contains(value) else {
      throw .field(name, reason: "is \(value), not within \(range.lowerBound)...\(range.upperBound)")
    }
    return value
  }

  /// A count of bytes: anything that is not negative.
  static func byteCount(_ value: Int64, _ name: String) throws(WireError) -> Int {
    try integer(value, name, 0...Int.max)
  }

  /// Layers from a first one up to an end; may be empty.
  static func layers(
    _ first: Int64, _ firstName: String, _ end: Int64, _ endName: String
  ) throws(WireError) -> LayerRange {
    let lower = try integer(first, firstName, 0...Limits.maximumLayerCount)
    let upper = try integer(end, endName, 0...Limits.maximumLayerCount)
    guard let layers = LayerRange(lower: lower, upper: upper) else {
      throw .field(endName, reason: "is \(upper), before the first layer \(lower)")
    }
    return layers
  }

  static func position(_ value: Int64, _ name: String) throws(WireError) -> Int {
    try integer(value, name, 0...Limits.maximumContext)
  }

  static func count(_ value: Int, _ name: String, limit: Int) throws(WireError) -> Int {
    guard value <= limit else { throw .field(name, reason: "has \(value) elements, more than \(limit)") }
    return value
  }

  static func token(_ value: Int32, _ name: String) throws(WireError) -> TokenID {
    guard value >= 0, value < Limits.maximumVocabularySize else {
      throw .field(name, reason: "is \(value), not within 0..<\(Limits.maximumVocabularySize)")
    }
    return value
  }

  /// A natural logarithm of a probability. Not held to be at most 0: rounding in a kernel must not stop a cluster.
  static func logprob(_ value: Float, _ name: String) throws(WireError) -> Float {
    guard value.isFinite else { throw .field(name, reason: "is \(value), not a finite number") }
    return value
  }

  static func number(_ value: Double, _ name: String, _ range: ClosedRange<Double>) throws(WireError) -> Double {
    guard range.contains(value) else {
      throw .field(name, reason: "is \(value), not within \(range.lowerBound)...\(range.upperBound)")
    }
    return value
  }

  /// A text for people; may have several lines.
  static func text(
    _ value: UnsafePointer<CChar>?, _ name: String, limit: Int = WireLimits.maximumStringByteCount
  ) throws(WireError) -> String {
    guard let value else { return "" }
    // protobuf-c ends every string it unpacks with a NUL.
    var byteCount = 0
    while value[byteCount] != 0 {
      byteCount += 1
      guard byteCount <= limit else { throw .field(name, reason: "is longer than \(limit) bytes") }
    }
    let bytes = UnsafeRawBufferPointer(start: value, count: byteCount)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .field(name, reason: "is not valid UTF-8")
    }
    return text
  }

  /// Why a step was not computed; nil for the empty text of one that was.
  static func failure(_ value: UnsafePointer<CChar>?) throws(WireError) -> String? {
    let reason = try text(value, "failure")
    return reason.isEmpty ? nil : reason
  }

  /// A word that programs read and logs quote: no control characters, so that it cannot forge a log line.
  static func word(
    _ value: UnsafePointer<CChar>?, _ name: String, limit: Int = WireLimits.maximumStringByteCount,
    mayBeEmpty: Bool = false
  ) throws(WireError) -> String {
    let word = try text(value, name, limit: limit)
    guard mayBeEmpty || !word.isEmpty else { throw .field(name, reason: "is empty") }
    guard !word.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw .field(name, reason: "has control characters")
    }
    return word
  }

  /// A public key: 32 bytes, or none in a cluster without keys.
  static func key(_ value: ProtobufCBinaryData, _ name: String) throws(WireError) -> [UInt8] {
    guard value.len == 0 || value.len == 32 else {
      throw .field(name, reason: "has \(value.len) bytes where a key has 32")
    }
    return Array(UnsafeBufferPointer(start: value.data, count: value.len))
  }

  /// A message inside another.
  static func message<Raw>(
    _ value: UnsafeMutablePointer<Raw>?, _ name: String
  ) throws(WireError) -> UnsafeMutablePointer<Raw> {
    guard let value else { throw .field(name, reason: "is missing") }
    return value
  }

  /// A repeated number.
  static func elements<Element>(
    _ start: UnsafeMutablePointer<Element>?, _ count: Int, _ name: String, limit: Int
  ) throws(WireError) -> UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(start: start, count: start == nil ? 0 : try Self.count(count, name, limit: limit))
  }

  /// A repeated message, each element converted; an error is prefixed with the element's index.
  static func messages<Raw, Value>(
    _ start: UnsafeMutablePointer<UnsafeMutablePointer<Raw>?>?, _ count: Int, _ name: String, limit: Int,
    _ convert: (borrowing Raw) throws(WireError) -> Value
  ) throws(WireError) -> [Value] {
    let raws = try elements(start, count, name, limit: limit)
    var values: [Value] = []
    values.reserveCapacity(raws.count)
    for (index, raw) in raws.enumerated() {
      do {
        values.append(try convert(try message(raw, "message").pointee))
      } catch {
        throw error.inside("\(name)[\(index)]")
      }
    }
    return values
  }

  /// A message inside another, converted; an error is prefixed with the field's name.
  static func message<Raw, Value>(
    _ value: UnsafeMutablePointer<Raw>?, _ name: String, _ convert: (borrowing Raw) throws(WireError) -> Value
  ) throws(WireError) -> Value {
    let raw = try message(value, name)
    do {
      return try convert(raw.pointee)
    } catch {
      throw error.inside(name)
    }
  }
}
