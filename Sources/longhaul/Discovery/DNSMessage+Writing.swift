extension DNSMessage {
  /// The datagram. All records are in its answer section.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func append(_ value: UInt16) { bytes += [UInt8(value >> 8), UInt8(value & 255)] }
    append(id)
    // An answer, with authority.
    append(isAnswer ? 0x8400 : 0)
    append(UInt16(questions.count))
    append(UInt16(records.count))
    append(0)
    append(0)
    for question in questions {
      bytes += question.name.bytes
      append(question.kind?.rawValue ?? Kind.any.rawValue)
      append(question.acceptsUnicast ? 0x8001 : 1)
    }
    for record in records {
      guard let (kind, data) = record.content.encoded else { continue }
      bytes += record.name.bytes
      append(kind.rawValue)
      append(1)
      append(UInt16(record.lifetime >> 16))
      append(UInt16(record.lifetime & 0xFFFF))
      append(UInt16(data.count))
      bytes += data
    }
    return bytes
  }
}

extension DNSMessage.Record.Content {
  /// Nil for content that is only read.
  fileprivate var encoded: (DNSMessage.Kind, [UInt8])? {
    switch self {
    case .address(let address): (.address, [24, 16, 8, 0].map { UInt8(address.value >> UInt32($0) & 255) })
    case .pointer(let name): (.pointer, name.bytes)
    case .service(let host, let port):
      // Neither priority nor weight: there is one.
      (.service, [0, 0, 0, 0, UInt8(port >> 8), UInt8(port & 255)] + host.bytes)
    case .other: nil
    }
  }
}
