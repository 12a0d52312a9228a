import CPlatform
import Fixtures
import Testing
import Transport

@Suite("Message checksums")
struct MessageChecksumTests {
  private func checksum(
    _ bytes: [UInt8], _ function: (UInt32, UnsafeRawPointer?, Int64) -> UInt32 = lh_crc32c
  ) -> UInt32 {
    bytes.withUnsafeBytes { function(0, $0.baseAddress, Int64($0.count)) }
  }

  @Test("CRC32C gives the published values")
  func published() {
    #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
    // RFC 3720, appendix B.4.
    #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(checksum(Array(0..<32)) == 0x46DD_794E)
    #expect(checksum((0..<32).reversed()) == 0x113F_DB5C)
    #expect(checksum([]) == 0)
  }

  @Test("the instruction and the table give the same checksum for any length, start and split")
  func sameEverywhere() {
    var random = SeededGenerator(seed: 7)
    let bytes = (0..<600).map { _ in UInt8.random(in: 0...255, using: &random) }
    for length in 0..<300 {
      for start in 0..<9 {
        let part = Array(bytes[start..<start + length])
        let whole = checksum(part)
        #expect(whole == checksum(part, lh_crc32c_by_table))
        let cut = length / 3
        let head = checksum(Array(part[..<cut]))
        #expect(part[cut...].withUnsafeBytes { lh_crc32c(head, $0.baseAddress, Int64($0.count)) } == whole)
      }
    }
  }

  @Test("1,000 flipped bits, anywhere in a header, a payload or the checksum itself: 1,000 detected")
  func flippedBits() {
    var random = SeededGenerator(seed: 11)
    var detected = 0
    for round in 0..<1000 {
      let frames = [Int.random(in: 1...200, using: &random), round.isMultiple(of: 5) ? 0 : 4096].map { count in
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      }.filter { !$0.isEmpty }
      let sealed = Message(frames: frames.map { Frame($0) }).sealed()
      guard case .whole(let opened) = sealed.verified() else {
        Issue.record("an untouched message was refused")
        continue
      }
      #expect(opened.frames.map(\.array) == frames)
      var damaged = sealed
      // Every fourth hits the small frames, which a choice by size would hardly ever.
      let target = round.isMultiple(of: 4) ? (round / 4) % sealed.frames.count : sealed.frames.count > 2 ? 1 : 0
      var bytes = sealed.frames[target].array
      let bit = Int.random(in: 0..<bytes.count * 8, using: &random)
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      damaged.frames[target] = Frame(bytes)
      if damaged.isDamaged { detected += 1 }
    }
    #expect(detected == 1000)
  }

  @Test("bytes that move between frames, missing frames, and messages without a checksum are refused")
  func otherDamage() {
    let sealed = Message(frames: [Frame([1, 2]), Frame([3, 4])]).sealed()
    let moved = Message(frames: [Frame([1, 2, 3]), Frame([4]), sealed.frames[2]])
    #expect(moved.isDamaged)
    #expect(Message(frames: [sealed.frames[0], sealed.frames[2]]).isDamaged)
    let others: [[[UInt8]]] = [
      [], [[1, 2, 3]], [[1], [2]], [[1], [UInt8](repeating: 0, count: 8)], [[UInt8](repeating: 9, count: 8)],
    ]
    for frames in others {
      #expect(!Message(frames: frames.map { Frame($0) }).isDamaged)
      if case .whole = Message(frames: frames.map { Frame($0) }).verified() { Issue.record("\(frames) was taken") }
    }
  }
}

extension Message {
  fileprivate var isDamaged: Bool {
    if case .damaged = verified() { true } else { false }
  }
}
