import Fixtures
import Tensors
import Testing

@testable import Weights

/// The header of a safetensors file, which anybody may have written.
@Suite struct SafetensorsTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func read(_ bytes: [UInt8]) throws -> SafetensorsHeader {
    let file = try MappedFile(path: folder.write(bytes, to: "x.safetensors"))
    return try SafetensorsHeader(file, name: "x.safetensors", index: 0, fileByteCount: bytes.count)
  }

  private static func line(
    _ name: String = "a", type: String = "F32", shape: String = "[2]", offsets: String = "[0,8]"
  ) -> String { #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"# }

  @Test("Tensors have names, types, shapes and places, in the order of the file")
  func entries() throws {
    let lines = [
      Self.line("b", type: "BF16", shape: "[2,2]", offsets: "[8,16]"), #""__metadata__":{"format":"pt"}"#, Self.line(),
      Self.line("c", shape: "[]", offsets: "[16,20]"),
    ]
    let header = "{\(lines.joined(separator: ","))}"
    let read = try read(Safetensors.file(header, data: [UInt8](repeating: 0, count: 20)))
    #expect(read.entries.map(\.name) == ["a", "b", "c"] && read.entries.map(\.shape) == [[2], [2, 2], []])
    #expect(read.entries.map(\.extent.offset) == [0, 8, 16].map { $0 + read.byteCount })
  }

  @Test(
    "What contradicts itself or the file is refused",
    arguments: [
      ("{", "no JSON"), ("[]", "no JSON object"), ("{\(line(type: "F4"))}", "type F4"),
      ("{\(line(shape: "[3]"))}", "its shape and type make 12"), ("{\(line(shape: "[0]"))}", "shape[0]"),
      ("{\(line(shape: "[9223372036854775807,9]"))}", "can be counted"),
      ("{\(line(shape: "[-2]"))}", "shape[0]"), ("{\(line(offsets: "[4,12]"))}", "outside the file"),
      ("{\(line(offsets: "[8,0]"))}", "outside the file"), ("{\(line(offsets: "[-8,0]"))}", "outside the file"),
      ("{\(line(offsets: "[0]"))}", "data_offsets"), ("{\(line()),\(line("b"))}", "overlaps"),
      ("{\(line(" "))}", "printable"), ("{\(line(""))}", "printable"),
      (#"{"a":{"dtype":"F32","shape":[2]}}"#, "data_offsets"), (#"{"a":7}"#, "dtype"),
    ])
  func refused(header: String, message: String) throws {
    let bytes = Safetensors.file(header, data: [UInt8](repeating: 0, count: 8))
    let error = #expect(throws: CheckpointError.self) { try read(bytes) }
    #expect(error.map { "\($0)" }?.contains(message) ?? false, "\(error.map { "\($0)" } ?? "")")
  }

  @Test("A header that is longer than the file, or than any may be, is refused before it is read")
  func lengths() {
    for length: UInt64 in [9, 100_000_001, .max] {
      let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
      #expect(throws: CheckpointError.self) { try read(bytes) }
    }
    #expect(throws: CheckpointError.self) { try read([1, 2, 3]) }
  }

  @Test("8-bit numbers have the values of their format")
  func float8() {
    #expect(Float8.e4m3[0x38] == 1 && Float8.e4m3[0xC0] == -2 && Float8.e4m3[0x7E] == 448)
    #expect(Float8.e4m3[0x01] == 1.0 / 512 && Float8.e4m3[0x08] == 1.0 / 64 && Float8.e4m3[0x7F].isNaN)
    #expect(Float(1).bfloat16 == 0x3F80 && Float(bitPattern: 0x3F80_8000).bfloat16 == 0x3F80)
    #expect(Float(bitPattern: 0x3F81_8000).bfloat16 == 0x3F82 && Float.infinity.bfloat16 == 0x7F80)
  }
}
