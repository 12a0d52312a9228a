import Fixtures
import Foundation
import Testing

@testable import Weights

/// Files that the header reader must refuse on opening.
@Suite struct BrokenHeaderTests {
  @Test("A broken header is refused in the right words", arguments: format + counts + metadata + directory)
  func refused(file: BrokenFile) throws {
    let folder = try ScratchFolder()
    let path = try folder.write(file.make())
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
    let text = error?.description ?? "accepted"
    #expect(text.hasPrefix("tiny.gguf: "), "\(text)")
    #expect(text.contains(file.words), "\(text)")
  }

  @Test("A missing file and a folder are refused by name")
  func unreadable() throws {
    let folder = try ScratchFolder()
    let missing = folder.url.appendingPathComponent("none.gguf").path
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: missing) }
    #expect(error?.description.hasPrefix("none.gguf: cannot be read (open") == true)
    let notAFile = #expect(throws: CheckpointError.self) { try Checkpoint(path: folder.url.path) }
    #expect(notAFile?.problem == "is a folder without config.json")
  }

  private static let format: [BrokenFile] = [
    BrokenFile(bytes: "nothing", "is empty") { [] },
    BrokenFile(bytes: "three bytes", "has only 3 bytes") { Array("GGU".utf8) },
    BrokenFile("another format", "is not a GGUF file") { $0.magic = "GGML" },
    BrokenFile(bytes: "no version", "ends in the middle of the format version") { Array("GGUF".utf8) },
    BrokenFile("version 0", "has GGUF version 0") { $0.version = 0 },
    BrokenFile("version 1", "32-bit counts") { $0.version = 1 },
    BrokenFile("version 4", "has GGUF version 4") { $0.version = 4 },
    BrokenFile("big-endian", "is a big-endian GGUF file") { $0.version = 3 << 24 },
  ]

  private static let counts: [BrokenFile] = [
    BrokenFile("more tensors than bytes", "the tensor count is 9223372036854775808") {
      $0.tensorCount = 1 << 63
    },
    BrokenFile("more metadata than bytes", "the metadata count is 18446744073709551615") {
      $0.metadataCount = .max
    },
    BrokenFile("one metadata entry too many", "has the unknown value type 99") {
      $0.metadataCount = 16
      // The directory's first entry, read as metadata: its rank stands where a type would.
      $0.tensors[0].name = "t"
      $0.tensors[0].rank = 99
    },
    BrokenFile("one tensor too many", "the name of tensor 20 is") { $0.tensorCount = 21 },
    BrokenFile(bytes: "too many metadata entries", "at most 65536 are read") {
      header(tensorCount: 0, metadataCount: 65_537, rest: [UInt8](repeating: 0, count: 65_537 * 14))
    },
    BrokenFile(bytes: "too many tensors", "at most 262144 are read") {
      header(tensorCount: 262_145, metadataCount: 0, rest: [UInt8](repeating: 0, count: 262_145 * 33))
    },
    BrokenFile(bytes: "no counts", "ends in the middle of the tensor count") {
      Array("GGUF\u{3}\0\0\0".utf8)
    },
  ]

  private static let metadata: [BrokenFile] = [
    BrokenFile("an empty key", "the key of metadata entry 15 is empty") { $0.set("", .u32(0)) },
    BrokenFile("a key of 65536 bytes", "is 65536 bytes long") {
      $0.set(String(repeating: "k", count: 65_536), .u32(0))
    },
    BrokenFile("a key with a line end", "other than printable ASCII") { $0.set("a\nb", .u32(0)) },
    BrokenFile("a key that is not ASCII", "other than printable ASCII") { $0.set("é", .u32(0)) },
    BrokenFile("a key twice", "general.name stands twice") {
      $0.metadata.append(("general.name", .string("x")))
    },
    BrokenFile("an unknown value type", "extra has the unknown value type 13") {
      $0.set("extra", .raw(13, []))
    },
    BrokenFile("a bool of 2", "extra is a bool that is neither 0 nor 1") { $0.set("extra", .raw(7, [2])) },
    BrokenFile("a string past the end", "extra has a string of 99999 bytes") {
      $0.set("extra", emptyString(length: 99_999))
    },
    BrokenFile("a string of 2^64 - 1 bytes", "extra has a string of 18446744073709551615 bytes") {
      $0.set("extra", emptyString(length: .max))
    },
    BrokenFile("a string longer than is read", "at most 16777216 are read") {
      $0.set("extra", .string(String(repeating: "x", count: (16 << 20) + 1)))
    },
    BrokenFile("arrays of arrays past the end", "extra is an array of 99999 elements") {
      $0.set("extra", emptyArray(of: 9, count: 99_999))
    },
    BrokenFile("arrays within arrays without end", "extra has arrays nested deeper than 8") {
      let one: [UInt8] = [9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
      $0.set("extra", .raw(9, Array(repeating: one, count: 100).flatMap { $0 }))
    },
    BrokenFile("an array of unknown type", "extra is an array of the unknown value type 200") {
      $0.set("extra", emptyArray(of: 200, count: 1))
    },
    BrokenFile("an array past the end", "extra is an array of 99999 elements") {
      $0.set("extra", emptyArray(of: 4, count: 99_999))
    },
    BrokenFile("an array whose size overflows", "extra is an array of 4611686018427387905 elements") {
      $0.set("extra", emptyArray(of: 10, count: (1 << 62) + 1))
    },
    BrokenFile("strings past the end", "extra is an array of 1152921504606846976 elements") {
      $0.set("extra", emptyArray(of: 8, count: 1 << 60))
    },
    BrokenFile("an array string past the end", "extra has a string of 7 bytes") {
      $0 = GGUFWriter()
      $0.set("extra", .raw(9, [8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]))
    },
    BrokenFile("an alignment of 0", "general.alignment is 0 but must be between 8 and 65536") {
      $0.set("general.alignment", .u32(0))
    },
    BrokenFile("an alignment of 4", "general.alignment is 4 but") { $0.set("general.alignment", .u32(4)) },
    BrokenFile("an alignment of 24", "general.alignment is 24, not a power of two") {
      $0.set("general.alignment", .u32(24))
    },
    BrokenFile("an alignment of 131072", "general.alignment is 131072 but") {
      $0.set("general.alignment", .u32(131_072))
    },
    BrokenFile("an alignment that is a text", "general.alignment is not an integer") {
      $0.set("general.alignment", .string("32"))
    },
    BrokenFile("too many shards", "split.count is 5000, and at most 4096 shards are read") {
      $0.set("split.count", .u16(5000))
    },
    BrokenFile("a negative shard count", "split.count is -3 but must be between") {
      $0.set("split.count", .i32(-3))
    },
  ]

  private static let directory: [BrokenFile] = [
    BrokenFile("an empty tensor name", "the name of tensor 0 is empty") { $0.tensors[0].name = "" },
    BrokenFile("a tensor name of 65 bytes", "the name of tensor 0 is 65 bytes long") {
      $0.tensors[0].name = String(repeating: "t", count: 65)
    },
    BrokenFile("a tensor twice", "tensor 'token_embd.weight' stands twice") {
      $0.tensors[3].name = "token_embd.weight"
    },
    BrokenFile("no dimensions", "has 0 dimensions") { $0.tensors[0].dimensions = [] },
    BrokenFile("five dimensions", "has 5 dimensions") { $0.tensors[0].dimensions = [8, 5, 1, 1, 1] },
    BrokenFile("four thousand million dimensions", "has 4294967295 dimensions") { $0.tensors[0].rank = .max },
    BrokenFile("a dimension of 0", "has a dimension of 0") { $0.tensors[0].dimensions = [8, 0] },
    BrokenFile("a dimension beyond Int", "has a dimension of 9223372036854775808") {
      $0.tensors[0].dimensions = [8, 1 << 63]
    },
    BrokenFile("elements that overflow", "more elements than can be counted") {
      $0.tensors[0].dimensions = [1 << 32, 1 << 32]
    },
    BrokenFile("bytes that overflow", "more bytes than can be counted") {
      $0.tensors[0].dimensions = [1 << 31, 1 << 31]
    },
    BrokenFile("rows of half a block", "has rows of 8, not whole Q8_0 blocks of 32") {
      $0.tensors[0].type = 8
    },
    BrokenFile("an offset off the alignment", "begins at offset 161, which is not a multiple") {
      $0.tensors[1].offset = 161
    },
    BrokenFile("an offset beyond Int", "begins at offset 18446744073709551584") {
      $0.tensors[1].offset = 0 &- 32
    },
    BrokenFile("an offset that overflows with the data's", "lies outside the file") {
      $0.tensors[1].offset = (1 << 63) - 32
    },
    BrokenFile("a tensor past the end", "tensor 'output_norm.weight' lies outside the file") {
      $0.tensors[19].dimensions = [9]
    },
    BrokenFile("a tensor of unknown type past the end", "lies outside the file") {
      $0.tensors[19].type = 99
      $0.tensors[19].offset = 1 << 40
    },
    BrokenFile("tensors on top of each other", "tensor 'blk.0.attn_norm.weight' overlaps tensor 'token_embd") {
      $0.tensors[1].offset = 128
    },
    BrokenFile("tensors at one place", "overlaps") { $0.tensors[5].offset = $0.tensors[0].offset ?? 0 },
  ]
}
