import Tensors
import Testing

struct AlignedBufferTests {
  @Test(
    "A buffer is zeroed and aligned to 64 bytes",
    arguments: [1, 3, 16, 1000, (128 << 10) / 4, (128 << 10) / 4 + 1, (16 << 20) / 4 + 1])
  func zeroedAndAligned(count: Int) throws {
    let buffer = try AlignedBuffer<Float>(count: count)
    #expect(buffer.count == count)
    #expect(Int(bitPattern: buffer.baseAddress) % 64 == 0)
    #expect(buffer.elements.count == count)
    #expect(buffer.elements.allSatisfy { $0.bitPattern == 0 })
    buffer[count - 1] = 7
    #expect(buffer[count - 1] == 7)
  }

  @Test("A large buffer starts on a huge page and is writable to its last byte")
  func largeBuffer() throws {
    let count = (17 << 20) + 5
    let buffer = try AlignedBuffer<UInt8>(count: count)
    #expect(Int(bitPattern: buffer.baseAddress) % (2 << 20) == 0)
    buffer[0] = 1
    buffer[count - 1] = 2
    #expect(buffer[0] == 1 && buffer[count - 1] == 2 && buffer[count / 2] == 0)
  }

  @Test("Pages are made present without a byte of them changed", arguments: [100, 300 << 10, (17 << 20) + 5])
  func touched(count: Int) throws {
    let buffer = try AlignedBuffer<UInt8>(count: count)
    for index in stride(from: 0, to: count, by: 37) { buffer[index] = UInt8(index % 251) }
    buffer.touch(1..<count)
    buffer.touch(-5..<count + 5)
    buffer.touch(count..<count)
    #expect(stride(from: 0, to: count, by: 37).allSatisfy { buffer[$0] == UInt8($0 % 251) })
    #expect(count < 2 || buffer[1] == 0)
  }

  @Test("An empty buffer has an address")
  func empty() throws {
    let buffer = try AlignedBuffer<Double>(count: 0)
    #expect(buffer.count == 0)
    #expect(buffer.elements.isEmpty)
    #expect(Int(bitPattern: buffer.baseAddress) % 64 == 0)
  }

  @Test(
    "More memory than there can be is an error, not a trap", arguments: [-1, .min, .max, .max / 4, 1 << 50])
  func tooLarge(count: Int) {
    var caught: AllocationError?
    do {
      _ = try AlignedBuffer<Float>(count: count)
    } catch {
      caught = error
    }
    #expect(caught == AllocationError(count: count, elementByteCount: 4))
    #expect(caught?.description.contains("\(count) elements of 4 bytes") == true)
  }
}
