import CKernels
import Foundation
import Testing

/// `Goldens/blocks.json`, or what `Goldens/blocks.py` prints: see there.
private struct BlockGoldens: Decodable {
  struct Case: Decodable {
    let name: String
    let number: UInt32
    let elements: Int
    let bytes: Int
    let halves: [Int]
    let blocks: Int
    let first_block: String
    let first_values: String
    let digest: String

    var type: lh_type { lh_type(rawValue: number) }
  }
  let seed: UInt64
  let types: [Case]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")
}

private func hex(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

extension KernelTests {
  @Suite("Quantized blocks against the PyPI package gguf")
  struct BlockGoldenTests {
    /// The random blocks of a case, made as the script makes them.
    private func blocks(_ value: BlockGoldens.Case, seed: UInt64) -> [UInt8] {
      var numbers = Numbers(seed)
      let count = value.blocks * value.bytes
      var bytes = (0...count / 8).flatMap { _ in littleEndian(numbers.next()) }
      bytes.removeLast(bytes.count - count)
      for block in 0..<value.blocks {
        for half in value.halves { bytes[block * value.bytes + half + 1] &= 0xbf }
      }
      return bytes
    }

    private func check(_ goldens: BlockGoldens) {
      for value in goldens.types {
        #expect(lh_type_block_elements(value.type) == Int64(value.elements), "\(value.name)")
        #expect(lh_type_block_bytes(value.type) == Int64(value.bytes), "\(value.name)")
        let bytes = blocks(value, seed: goldens.seed)
        #expect(hex(bytes.prefix(value.bytes)) == value.first_block, "\(value.name): not the script's blocks")
        let count = value.blocks * value.elements
        let values = sameOnEveryISA("dequantize \(value.name)") {
          var result = [Float](repeating: .nan, count: count)
          lh_dequantize(value.type, bytes, &result, Int64(count))
          return result
        }
        let first = values.prefix(value.elements).flatMap { littleEndian($0.bitPattern) }
        #expect(hex(first) == value.first_values, "\(value.name): the first block")
        let digest = values.enumerated().reduce(UInt64(0)) {
          $0 &+ (UInt64($1.element.bitPattern) + 1) &* UInt64(2 * $1.offset + 1)
        }
        #expect(hex(littleEndian(digest).reversed()) == value.digest, "\(value.name): all blocks")
      }
    }

    @Test("Every type decodes to the package's bits, as they are kept here")
    func committed() throws {
      let data = try Data(contentsOf: BlockGoldens.folder.appendingPathComponent("blocks.json"))
      let goldens = try JSONDecoder().decode(BlockGoldens.self, from: data)
      let quantized = everyType.filter { lh_type_block_elements($0) > 1 }
      #expect(Set(goldens.types.map(\.number)) == Set(quantized.map(\.rawValue)))
      check(goldens)
    }

    @Test(
      "Other blocks decode to the bits that an installed package gives now",
      .enabled("python3, or the Python that LONGHAUL_PYTHON names, lacks the packages numpy and gguf") {
        try python(["-c", "import numpy, gguf"]).status == 0
      })
    func installed() throws {
      for seed in ["1", "20261123"] {
        let run = try Self.python([BlockGoldens.folder.appendingPathComponent("blocks.py").path, seed])
        #expect(run.status == 0)
        check(try JSONDecoder().decode(BlockGoldens.self, from: run.output))
      }
    }

    private static func python(_ arguments: [String]) throws -> (status: Int32, output: Data) {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [ProcessInfo.processInfo.environment["LONGHAUL_PYTHON"] ?? "python3"] + arguments
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return (process.terminationStatus, data)
    }
  }
}
