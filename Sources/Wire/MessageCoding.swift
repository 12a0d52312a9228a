import CWire
import Core

/// The bytes of a message built by `build` in an arena of its own.
func packed<Raw>(_ build: (MessageArena) -> UnsafeMutablePointer<Raw>) -> [UInt8] {
  let arena = MessageArena()
  let bytes = build(arena).withMemoryRebound(to: ProtobufCMessage.self, capacity: 1) { message in
    let byteCount = protobuf_c_message_get_packed_size(message)
    return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = protobuf_c_message_pack(message, buffer.baseAddress)
    }
  }
  withExtendedLifetime(arena) {}
  return bytes
}

/// A protobuf-c message's generated `__unpack`.
typealias Unpack<Raw> = (
  UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
) -> UnsafeMutablePointer<Raw>?

/// Checks length and version, unpacks within a memory budget, and converts while the C message is alive.
///
/// - Parameters:
///   - message: what it is called in errors.
///   - limit: bytes such a message may have.
func unpacked<Raw, Value>(
  _ bytes: UnsafeRawBufferPointer, message: String, limit: Int, with unpack: Unpack<Raw>,
  _ convert: (borrowing Raw) throws(WireError) -> Value
) throws(WireError) -> Value {
  guard bytes.count <= limit else {
    throw .tooLong(message: message, byteCount: bytes.count, limit: limit)
  }
  try checkVersion(bytes, message: message)
  let arena = MessageArena(limit: WireLimits.decodingAllowance + WireLimits.decodingFactor * bytes.count)
  defer { withExtendedLifetime(arena) {} }
  var allocator = ProtobufCAllocator(
    alloc: { data, byteCount in
      guard let data else { return nil }
      return Unmanaged<MessageArena>.fromOpaque(data).takeUnretainedValue().allocate(byteCount: byteCount)
    },
    // The arena frees everything at once.
    free: { _, _ in },
    allocator_data: Unmanaged.passUnretained(arena).toOpaque())
  let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
  guard let raw = unpack(&allocator, bytes.count, start) else {
    throw arena.isExhausted
      ? .amplified(message: message, byteCount: bytes.count) : .malformed(message: message)
  }
  return try convert(raw.pointee)
}

/// Reads field 1 before anything else is: of another version, nothing but that field is known.
private func checkVersion(_ bytes: UnsafeRawBufferPointer, message: String) throws(WireError) {
  // Key of field 1, wire type varint. Every encoder writes fields in order, and version 0 is never written.
  guard bytes.first == 0x08 else { throw .malformed(message: message) }
  var version: UInt64 = 0
  for (index, byte) in bytes.dropFirst().prefix(5).enumerated() {
    version |= UInt64(byte & 0x7F) << UInt64(7 * index)
    if byte < 0x80 {
      guard let theirs = UInt32(exactly: version) else { break }
      guard theirs == ProtocolVersion.current else {
        throw .version(theirs: theirs, ours: ProtocolVersion.current)
      }
      return
    }
  }
  throw .malformed(message: message)
}
