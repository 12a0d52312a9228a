import CPlatform
import Glibc

/// Memory could not be had for a buffer.
package struct AllocationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Elements asked for; negative or overflowing counts end here too.
  package let count: Int
  /// Bytes of one element.
  package let elementByteCount: Int

  package init(count: Int, elementByteCount: Int) {
    self.count = count
    self.elementByteCount = elementByteCount
  }

  package var description: String {
    "cannot allocate \(count) elements of \(elementByteCount) bytes: not enough memory; "
      + "use a smaller context, fewer layers a worker or a machine with more memory"
  }
}

/// Numbers at a fixed address, zeroed, 64-byte aligned, freed with the value.
///
/// Buffers above 128 KiB come straight from the kernel and are not touched: their pages are made when first written.
/// Those above 16 MiB begin on 2 MiB boundaries, with huge pages advised. An empty buffer has a valid address.
///
/// Safety: `@unchecked Sendable`: the value only owns memory and never reads it. Code that uses `baseAddress`
/// on several threads divides the elements among them, and keeps the buffer alive meanwhile.
package struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  /// Elements in the buffer.
  package let count: Int
  /// The first element. Valid as long as the buffer lives; aligned to 64 bytes.
  package let baseAddress: UnsafeMutablePointer<Element>
  private let allocation: BufferAllocation

  /// Zeroed memory for `count` elements.
  /// - Parameter isNodeLocal: memory then has ordinary pages, each on the memory node of the thread that first
  ///   writes it, instead of huge ones.
  /// - Throws: `AllocationError` when there is not enough, or no such count.
  package init(count: Int, isNodeLocal: Bool = false) throws(AllocationError) {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard count >= 0, !overflow, let allocation = BufferAllocation(byteCount: byteCount, isNodeLocal: isNodeLocal)
    else {
      throw AllocationError(count: count, elementByteCount: MemoryLayout<Element>.stride)
    }
    self.count = count
    self.allocation = allocation
    self.baseAddress = allocation.address.bindMemory(to: Element.self, capacity: count)
  }

  deinit {
    allocation.free()
  }

  /// Bytes of the elements.
  package var byteCount: Int { count * MemoryLayout<Element>.stride }

  /// Bytes of a huge page; large buffers begin with one.
  package static var hugePageByteCount: Int { BufferAllocation.hugePage }

  /// Makes the pages of elements present, which their first write would do else; no element changes. Returns when they
  /// are. Threads may share this.
  package func touch(_ range: Range<Int>) {
    let wanted = range.clamped(to: 0..<count)
    lh_touch_pages(baseAddress + wanted.lowerBound, Int64(wanted.count * MemoryLayout<Element>.stride))
  }

  /// All elements. Valid as long as the buffer lives.
  package var elements: UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(start: baseAddress, count: count)
  }

  /// The element at `index`, which must lie in `0 ..< count`.
  package subscript(index: Int) -> Element {
    get {
      precondition(index >= 0 && index < count, "index \(index) outside a buffer of \(count)")
      return baseAddress[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count, "index \(index) outside a buffer of \(count)")
      baseAddress[index] = newValue
    }
  }
}

/// One piece of zeroed memory and how it must be given back.
private struct BufferAllocation {
  let address: UnsafeMutableRawPointer
  /// The mapping that holds `address`, or nil when it came from the C heap.
  let mapping: UnsafeMutableRawBufferPointer?

  private static let alignment = 64
  private static let mappedFrom = 128 << 10
  /// Smaller ones are often used in part only, and a huge page may take long to come.
  private static let hugeFrom = 16 << 20
  static let hugePage = 2 << 20

  /// Nil when there is not enough memory.
  init?(byteCount: Int, isNodeLocal: Bool) {
    if byteCount > Self.mappedFrom {
      let isHuge = byteCount > Self.hugeFrom
      let (size, overflow) = byteCount.addingReportingOverflow(isHuge ? Self.hugePage : 0)
      guard !overflow,
        let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        start != MAP_FAILED
      else { return nil }
      mapping = UnsafeMutableRawBufferPointer(start: start, count: size)
      address = isHuge ? start.alignedUp(toMultipleOf: Self.hugePage) : start
      if isNodeLocal || !isHuge {
        lh_advise_small_pages(address, Int64(byteCount))
      } else {
        lh_advise_huge_pages(address, Int64(byteCount))
      }
    } else {
      // A whole number of cache lines, so that vectors may be read up to the last one.
      let size = max(Self.alignment, (byteCount + Self.alignment - 1) / Self.alignment * Self.alignment)
      guard let start = aligned_alloc(Self.alignment, size) else { return nil }
      memset(start, 0, size)
      mapping = nil
      address = start
    }
  }

  func free() {
    if let mapping {
      munmap(mapping.baseAddress, mapping.count)
    } else {
      Glibc.free(address)
    }
  }
}
