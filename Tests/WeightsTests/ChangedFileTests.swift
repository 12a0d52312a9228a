import Core
import Fixtures
import Foundation
import Tensors
import Testing

@testable import Weights

@Suite("A model file that is written to while it is read")
struct ChangedFileTests {
  private let folder: ScratchFolder
  private let path: String

  init() throws {
    folder = try ScratchFolder()
    path = try folder.write(GGUFWriter.tinyModel().file)
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -10)], ofItemAtPath: path)
  }

  /// Writes zeros over the file's end, or cuts it off.
  private func damage(byCutting: Bool) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let size = try handle.seekToEnd()
    if byCutting { return try handle.truncate(atOffset: size / 2) }
    try handle.seek(toOffset: size - 64)
    try handle.write(contentsOf: Data(count: 64))
  }

  private static func isNoticed(_ error: CheckpointError) -> Bool {
    "\(error)".contains("was written to while it was read")
  }

  @Test("is refused while its stage is loaded", arguments: [false, true])
  func loading(byCutting: Bool) throws {
    let checkpoint = try Checkpoint(path: path)
    let range = try #require(LayerRange(lower: 0, upper: 2))
    var isDamaged = false
    let error = #expect(throws: CheckpointError.self) {
      _ = try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true) { _ in
        if !isDamaged { try damage(byCutting: byCutting) }
        isDamaged = true
      }
    }
    #expect(isDamaged && error.map(Self.isNoticed) == true)
  }

  @Test("is refused when its tokenizer is read from it")
  func tokenizer() throws {
    var writer = GGUFWriter.tinyModel()
    writer.set("tokenizer.ggml.model", .string("gpt2"))
    writer.set("tokenizer.ggml.tokens", .strings(["a", "b", "ab", "c", "d"]))
    writer.set("tokenizer.ggml.merges", .strings(["a b"]))
    try folder.write(writer.file)
    let checkpoint = try Checkpoint(path: path)
    _ = try checkpoint.tokenizer
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -5)], ofItemAtPath: path)
    let error = #expect(throws: CheckpointError.self) { try checkpoint.tokenizer }
    #expect(error.map(Self.isNoticed) == true)
  }

  @Test("ends the stages that go on reading it, once and for all, and no other", arguments: [false, true])
  func loaded(byCutting: Bool) throws {
    let checkpoint = try Checkpoint(path: path)
    let pool = try ComputePool(threadCount: 2)
    func stage(_ layers: Range<Int>, isPacked: Bool) throws -> StageWeights {
      try StageWeights(
        checkpoint, layers: #require(LayerRange(lower: layers.lowerBound, upper: layers.upperBound)),
        hasEmbedding: layers.lowerBound == 0, hasHead: layers.lowerBound != 0, pool: pool,
        pace: isPacked ? nil : AllocationMonitor(patience: -1))
    }
    let (embedding, packed) = (try stage(0..<1, isPacked: true), try stage(1..<2, isPacked: true))
    let (unpacked, late) = (try stage(1..<2, isPacked: false), try stage(1..<2, isPacked: false))
    for weights in [embedding, packed, unpacked, late] { try weights.requireIntact() }
    try damage(byCutting: byCutting)
    // What is packed only now is packed from the changed file.
    while !late.isPacked { late.packMore(for: .zero, pool: pool) {} }
    for weights in [embedding, unpacked, late] {
      for _ in 0..<2 {
        let error = #expect(throws: CheckpointError.self) { try weights.requireIntact() }
        #expect(error.map(Self.isNoticed) == true)
      }
    }
    try packed.requireIntact()
  }

  @Test("has another version's fingerprint, as a file with the same bytes that took its place has")
  func versions() throws {
    let first = try Checkpoint(path: path)
    #expect(try Checkpoint(path: path).versionFingerprint == first.versionFingerprint)
    let same = try #require(FileManager.default.contents(atPath: path))
    try same.write(to: URL(fileURLWithPath: path), options: .atomic)
    let replaced = try Checkpoint(path: path)
    #expect(replaced.fingerprint == first.fingerprint)
    try damage(byCutting: false)
    let written = try Checkpoint(path: path)
    #expect(written.fingerprint == first.fingerprint)
    #expect(Set([first, replaced, written].map(\.versionFingerprint)).count == 3)
  }
}
