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
  private func damage(byCutting: Bool, _ path: String? = nil) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path ?? self.path))
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

  /// How a model lies in several files, the last of which is written to.
  enum Parts: String, CaseIterable {
    case splitFile, folder, splitFolder
  }

  private func model(in parts: Parts) throws -> (path: String, last: String) {
    guard parts != .splitFile else {
      let whole = GGUFWriter.tinyModel()
      var paths: [String] = []
      for index in 0..<2 {
        var part = GGUFWriter()
        if index == 0 { part.metadata = whole.metadata }
        part.metadata += [
          ("split.no", .u16(UInt16(index))), ("split.count", .u16(2)),
          ("split.tensors.count", .i32(Int32(whole.tensors.count))),
        ]
        let half = whole.tensors.count / 2
        part.tensors = Array(index == 0 ? whole.tensors[..<half] : whole.tensors[half...])
        paths.append(try folder.write(part.file, as: "tiny-0000\(index + 1)-of-00002.gguf"))
      }
      return (paths[0], paths[1])
    }
    let models = try ModelFolders.read().models
    let count = parts == .folder ? 1 : 2
    let url = folder.url.appendingPathComponent("folder")
    try #require(models.first).write(to: url, shardCount: count)
    let last = count == 1 ? "model.safetensors" : "model-00002-of-00002.safetensors"
    return (url.path, url.appendingPathComponent(last).path)
  }

  @Test("is refused where it is one of several, too", arguments: Parts.allCases, [false, true])
  func parts(_ parts: Parts, byCutting: Bool) throws {
    let (path, last) = try model(in: parts)
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -10)], ofItemAtPath: last)
    let checkpoint = try Checkpoint(path: path)
    let layers = try #require(LayerRange(lower: 0, upper: try checkpoint.configuration.layerCount))
    let load = { try StageWeights(checkpoint, layers: layers, hasEmbedding: true, hasHead: true) }
    let weights = try load()
    try weights.requireIntact()
    let version = checkpoint.versionFingerprint
    try damage(byCutting: byCutting, last)
    let error = #expect(throws: CheckpointError.self) { _ = try load() }
    #expect(error.map(Self.isNoticed) == true)
    if !byCutting { #expect(try Checkpoint(path: path).versionFingerprint != version) }
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
