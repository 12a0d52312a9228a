import Fixtures
import Foundation
import Core
import Testing

@testable import Weights

/// Files damaged in every place. Whatever the damage, opening and using them ends in a value or in an error.
@Suite struct DamagedFileTests {
  /// Asks for everything a file can be asked for. True when all of it was given.
  @discardableResult
  private func exercise(_ path: String) -> Bool {
    guard let checkpoint = try? Checkpoint(path: path) else { return false }
    _ = checkpoint.metadataLines
    _ = checkpoint.fingerprint
    let tokenizer = try? checkpoint.tokenizer
    guard let configuration = try? checkpoint.configuration,
      let range = LayerRange(lower: 0, upper: configuration.layerCount),
      (try? StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true)) != nil
    else { return false }
    return tokenizer != nil
  }

  @Test("A file cut short at any byte is refused")
  func truncation() throws {
    let bytes = GGUFWriter.tinyModel(layerCount: 1).file
    let file = try EditableFile(bytes)
    #expect(exercise(file.path))
    for count in bytes.indices.reversed() {
      try file.cut(to: count)
      if exercise(file.path) { Issue.record("accepted with \(count) of \(bytes.count) bytes") }
    }
  }

  @Test("A header with any one bit flipped is read or refused, and never brings the process down")
  func bitFlips() throws {
    let writer = GGUFWriter.tinyModel(layerCount: 1)
    let (headerByteCount, bytes) = (writer.header.count, writer.file)
    let file = try EditableFile(bytes)
    var acceptedCount = 0
    for index in 0..<headerByteCount {
      for bit in 0..<8 {
        try file.put(bytes[index] ^ (1 << bit), at: index)
        if exercise(file.path) { acceptedCount += 1 }
      }
      try file.put(bytes[index], at: index)
    }
    // The model's name, scores and the like may change unnoticed; most of the rest may not.
    #expect(acceptedCount < headerByteCount * 8 / 2)
    #expect(exercise(file.path))
  }

  @Test("Random bytes after a sound beginning are read or refused")
  func randomBytes() throws {
    let bytes = GGUFWriter.tinyModel(layerCount: 1).file
    let file = try EditableFile(bytes)
    var generator = SeededGenerator(seed: 20_240_102)
    for _ in 0..<2000 {
      let places = (0..<Int.random(in: 1...16, using: &generator)).map { _ in
        Int.random(in: 8..<bytes.count, using: &generator)
      }
      for place in places { try file.put(UInt8.random(in: 0...255, using: &generator), at: place) }
      exercise(file.path)
      for place in places { try file.put(bytes[place], at: place) }
    }
  }
}

/// A file changed in place: thousands of new files would wait for the disk. Never changed while it is mapped.
private final class EditableFile {
  let path: String
  private let folder: ScratchFolder
  private let handle: FileHandle

  init(_ bytes: [UInt8]) throws {
    folder = try ScratchFolder()
    path = try folder.write(bytes)
    handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  }

  deinit { try? handle.close() }  // The file is about to go.

  func put(_ byte: UInt8, at index: Int) throws {
    try handle.seek(toOffset: UInt64(index))
    try handle.write(contentsOf: [byte])
  }

  func cut(to count: Int) throws { try handle.truncate(atOffset: UInt64(count)) }
}
