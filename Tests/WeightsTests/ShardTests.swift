import Fixtures
import Core
import Testing

@testable import Weights

@Suite struct ShardTests {
  let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func name(_ number: Int, of count: Int = 3) -> String { "tiny-0000\(number)-of-0000\(count).gguf" }

  /// The tiny model in three files: the first has all metadata, the others only their numbers.
  private func shards() -> [GGUFWriter] {
    let whole = GGUFWriter.tinyModel()
    return (0..<3).map { index in
      var shard = GGUFWriter()
      if index == 0 { shard.metadata = whole.metadata }
      shard.metadata += [
        ("split.no", .u16(UInt16(index))), ("split.count", .u16(3)),
        ("split.tensors.count", .i32(Int32(whole.tensors.count))),
      ]
      let (first, last) = (whole.tensors.count * index / 3, whole.tensors.count * (index + 1) / 3)
      shard.tensors = Array(whole.tensors[first..<last])
      return shard
    }
  }

  private func write(_ shards: [GGUFWriter]) throws -> [String] {
    try shards.enumerated().map { try folder.write($1.file, as: name($0 + 1)) }
  }

  private func expectRefusal(_ path: String, _ words: String) {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test("Any shard opens all of them")
  func all() throws {
    let paths = try write(shards())
    let whole = try folder.checkpoint(.tinyModel())
    var fingerprints: Set<String> = []
    for path in paths {
      let checkpoint = try Checkpoint(path: path)
      #expect(checkpoint.fileNames == [name(1), name(2), name(3)])
      #expect(checkpoint.tensors.map(\.name) == whole.tensors.map(\.name))
      #expect(try checkpoint.configuration == whole.configuration)
      #expect(try checkpoint.footprint == whole.footprint)
      fingerprints.insert(checkpoint.fingerprint)
      let weights = try StageWeights(
        checkpoint, layers: #require(.init(lower: 0, upper: 2)), hasEmbedding: true, hasHead: true)
      #expect(weights.layers.map { $0.query.bytes.load(as: Float.self) } == [2000, 11_000])
    }
    #expect(fingerprints.count == 1)
  }

  @Test("A missing shard is named")
  func missing() throws {
    let paths = try write(Array(shards().prefix(2)))
    expectRefusal(paths[0], "\(name(3)): cannot be read")
  }

  @Test("Shards in each other's place are refused")
  func swapped() throws {
    var shards = shards()
    shards.swapAt(1, 2)
    expectRefusal(try write(shards)[0], "split.no is 2, but by its name it must be 1")
  }

  @Test("A shard of another set is refused")
  func otherSet() throws {
    var shards = shards()
    shards[1].set("split.count", .u16(4))
    expectRefusal(try write(shards)[0], "split.count is 4 where another shard says 3")
    shards[1].set("split.count", nil)
    expectRefusal(try write(shards)[0], "split.count is missing where another shard says 3")
  }

  @Test("A tensor in two shards is refused")
  func duplicate() throws {
    var shards = shards()
    shards[2].tensors[0] = shards[0].tensors[0]
    expectRefusal(try write(shards)[0], "tensor 'token_embd.weight' is in another shard too")
  }

  @Test("Shards that hold another number of tensors than they say are refused")
  func tensorCount() throws {
    var shards = shards()
    shards[2].tensors.removeLast()
    expectRefusal(try write(shards)[0], "split.tensors.count is 20, but the shards hold 19 tensors")
    for index in 0..<3 { shards[index].set("split.tensors.count", .i32(Int32(19 + index))) }
    expectRefusal(try write(shards)[0], "split.tensors.count differs between the shards")
  }

  @Test("The error for a shard under another name says the right one")
  func renamed() throws {
    let shard = shards()[0].file
    for name in [
      "tiny.gguf", "tiny-00001-of-00002.gguf", "tiny-00000-of-00003.gguf", "x.gguf", "-of-00003.gguf",
    ] {
      expectRefusal(try folder.write(shard, as: name), "is not named like one (…-00001-of-00003.gguf)")
    }
  }
}
