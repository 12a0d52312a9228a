import CWire

/// Memory for one protobuf-c message, being built or being decoded; all of it goes when the arena does.
///
/// Owned by one thread for the length of one call. Its limit is what stands between a short hostile message and a large
/// allocation: protobuf-c allocates what the message says, so every byte it asks for is counted here.
final class MessageArena {
  private var blocks: [UnsafeMutableRawPointer] = []
  private var free = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var remaining: Int
  /// Set when an allocation was refused because of the limit.
  private(set) var isExhausted = false

  init(limit: Int = .max) {
    remaining = limit
  }

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// Uninitialized bytes, aligned for anything; nil when they would pass the limit.
  func allocate(byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount >= 0, byteCount <= remaining else {
      isExhausted = true
      return nil
    }
    let rounded = max(16, (byteCount + 15) & ~15)
    remaining -= min(rounded, remaining)
    if rounded > free.count { addBlock(atLeast: rounded) }
    let start = free.baseAddress
    free = UnsafeMutableRawBufferPointer(rebasing: free[rounded...])
    return start
  }

  private func addBlock(atLeast byteCount: Int) {
    let size = max(byteCount, 8 << 10)
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    blocks.append(block)
    free = UnsafeMutableRawBufferPointer(start: block, count: size)
  }
}

extension MessageArena {
  /// A message of the C type, set up by `initialize` (its generated `__init`) and then by `fill`.
  func make<Raw>(
    _ initialize: (UnsafeMutablePointer<Raw>?) -> Void, _ fill: (inout Raw) -> Void
  ) -> UnsafeMutablePointer<Raw> {
    let message = reserve(1, of: Raw.self)
    initialize(message)
    fill(&message.pointee)
    return message
  }

  /// A copy of the elements; nil for none.
  func copy<Element>(_ elements: some Collection<Element>) -> UnsafeMutablePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let start = reserve(elements.count, of: Element.self)
    _ = UnsafeMutableBufferPointer(start: start, count: elements.count).initialize(fromContentsOf: elements)
    return start
  }

  /// The array of pointers that protobuf-c wants for a repeated message; nil for none.
  func pointers<Element, Raw>(
    _ elements: [Element], _ make: (Element) -> UnsafeMutablePointer<Raw>
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Raw>?>? {
    copy(elements.map { Optional(make($0)) })
  }

  /// Bytes of a field.
  func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: bytes.count, data: copy(bytes))
  }

  /// A C string, cut at its first NUL.
  func copy(_ text: String) -> UnsafeMutablePointer<CChar>? {
    copy(text.utf8.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0])
  }

  /// A C string of at most `limit` bytes, cut between characters: for texts that are worth more cut than refused.
  func copy(_ text: String, clippedTo limit: Int) -> UnsafeMutablePointer<CChar>? {
    guard text.utf8.count > limit else { return copy(text) }
    var clipped = ""
    for scalar in text.unicodeScalars {
      guard clipped.utf8.count + scalar.utf8.count <= limit else { break }
      clipped.unicodeScalars.append(scalar)
    }
    return copy(clipped)
  }

  private func reserve<Element>(_ count: Int, of type: Element.Type) -> UnsafeMutablePointer<Element> {
    guard let start = allocate(byteCount: count * MemoryLayout<Element>.stride) else {
      preconditionFailure("an arena with a limit is for decoding only")
    }
    return start.bindMemory(to: Element.self, capacity: count)
  }
}
