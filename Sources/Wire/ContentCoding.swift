import CWire
import Core

extension ContentRange {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__ContentRange> {
    arena.make(longhaul__content_range__init) {
      $0.content = arena.bytes(content.bytes)
      $0.offset = Int64(offset)
      $0.byte_count = Int64(byteCount)
    }
  }

  init(_ raw: borrowing Longhaul__ContentRange) throws(WireError) {
    self.init(
      content: try Field.content(raw.content, "content"), offset: try Field.byteCount(raw.offset, "offset"),
      byteCount: try Field.integer(raw.byte_count, "byte_count", 1...WireLimits.blockByteCount))
  }
}

extension ManifestNews {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__ManifestNews> {
    arena.make(longhaul__manifest_news__init) {
      switch self {
      case .inTheMaking(let fraction): $0.fraction = fraction
      case .ready(let content, let byteCount):
        $0.content = arena.bytes(content.bytes)
        $0.byte_count = Int64(byteCount)
        $0.fraction = 1
      case .failed(let reason):
        $0.failure = arena.copy(reason, clippedTo: WireLimits.maximumStringByteCount)
      }
    }
  }

  init(_ raw: borrowing Longhaul__ManifestNews) throws(WireError) {
    if let reason = try Field.failure(raw.failure) {
      self = .failed(reason)
    } else if raw.content.len == 0 {
      self = .inTheMaking(try Field.number(raw.fraction, "fraction", 0...1))
    } else {
      self = .ready(
        try Field.content(raw.content, "content"),
        byteCount: try Field.integer(raw.byte_count, "byte_count", 1...WireLimits.maximumManifestByteCount))
    }
  }
}

extension WeightPeer {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__WeightPeer> {
    arena.make(longhaul__weight_peer__init) {
      $0.endpoint = arena.copy(endpoint)
      $0.key = arena.bytes(key)
      $0.name = arena.copy(name)
    }
  }

  init(_ raw: borrowing Longhaul__WeightPeer) throws(WireError) {
    self.init(
      endpoint: try Field.word(raw.endpoint, "endpoint"), key: try Field.key(raw.key, "key"),
      name: try Field.word(raw.name, "name", limit: WireLimits.maximumNameByteCount, mayBeEmpty: true))
  }
}

extension Field {
  /// A content id: 32 bytes.
  static func content(_ value: ProtobufCBinaryData, _ name: String) throws(WireError) -> ContentID {
    guard let content = ContentID(bytes: Array(UnsafeBufferPointer(start: value.data, count: value.len))) else {
      throw .field(name, reason: "has \(value.len) bytes where a content id has 32")
    }
    return content
  }
}
