extension DNSMessage {
  /// Nil for bytes that are no whole message, or one of another purpose.
  init?(_ bytes: [UInt8]) {
    guard bytes.count <= Self.maximumByteCount else { return nil }
    var reader = DNSReader(bytes)
    guard let id = reader.number(), let flags = reader.number(), let questionCount = reader.number(),
      let answerCount = reader.number(), let authorityCount = reader.number(), let otherCount = reader.number(),
      // A standard query without an error.
      flags & 0x780F == 0
    else { return nil }
    (self.id, isAnswer) = (id, flags & 0x8000 != 0)
    for _ in 0..<questionCount {
      guard let name = reader.name(), let kind = reader.number(), let group = reader.number() else { return nil }
      guard group & 0x7FFF == 1 else { continue }
      questions.append(Question(name: name, kind: Kind(rawValue: kind), acceptsUnicast: group & 0x8000 != 0))
    }
    for _ in 0..<(Int(answerCount) + Int(authorityCount) + Int(otherCount)) {
      guard let record = reader.record() else { return nil }
      records.append(record)
    }
  }
}

/// Reads a message's parts in order. Every read is nil where bytes are missing or wrong; names cost at most what a name
/// may have, however they point.
private struct DNSReader {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func number() -> UInt16? {
    guard bytes.count - place >= 2 else { return nil }
    defer { place += 2 }
    return UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
  }

  mutating func name() -> DNSName? {
    guard let (labels, end) = labels(at: place) else { return nil }
    place = end
    return DNSName(labels)
  }

  mutating func record() -> DNSMessage.Record? {
    guard let name = name(), let kind = number(), let group = number(), let high = number(), let low = number(),
      let count = number().map(Int.init), bytes.count - place >= count
    else { return nil }
    let end = place + count
    defer { place = end }
    var content = DNSMessage.Record.Content.other
    // The highest bit says that older records are void.
    switch group & 0x7FFF == 1 ? DNSMessage.Kind(rawValue: kind) : nil {
    case .address:
      guard count == 4, let high = number(), let low = number() else { return nil }
      content = .address(IPv4Address(value: UInt32(high) << 16 | UInt32(low)))
    case .pointer:
      guard let (labels, _) = labels(at: place) else { return nil }
      content = .pointer(DNSName(labels))
    case .service:
      guard number() != nil, number() != nil, let port = number(), let (labels, _) = labels(at: place) else {
        return nil
      }
      content = .service(host: DNSName(labels), port: port)
    case .any, nil: break
    }
    return .init(name: name, content: content, lifetime: UInt32(high) << 16 | UInt32(low))
  }

  /// A name's labels, and where what follows begins. A pointer leads to an earlier place only, so that none leads in a
  /// circle.
  private func labels(at start: Int) -> ([String], end: Int)? {
    var (place, earliest, end) = (start, start, Int?.none)
    var (labels, total) = ([String](), 1)
    while true {
      guard place < bytes.count else { return nil }
      let count = Int(bytes[place])
      if count >= 0xC0 {
        guard place + 1 < bytes.count else { return nil }
        end = end ?? place + 2
        place = (count & 0x3F) << 8 | Int(bytes[place + 1])
        guard place < earliest else { return nil }
        earliest = place
        continue
      }
      if count == 0 { return (labels, end ?? place + 1) }
      total += 1 + count
      guard count <= DNSName.maximumLabelByteCount, total <= DNSName.maximumByteCount,
        bytes.count - place > count,
        let label = String(validating: bytes[(place + 1)...(place + count)], as: UTF8.self)
      else { return nil }
      labels.append(label)
      place += 1 + count
    }
  }
}
