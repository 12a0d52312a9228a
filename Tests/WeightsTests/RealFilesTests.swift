import Fixtures
import Core
import TestTraits
import Tensors
import Testing

@testable import Weights

@Suite("Files that other programs wrote", .needsShared("models", "tokenizers"))
struct RealFilesTests {
  @Test("Both story models open in every type", arguments: ["F32", "F16", "Q8_0", "Q4_0"])
  func stories(type: String) throws {
    for (name, feedForward, length) in [("stories260K", 172, 512), ("llama2xs-256", 192, 256)] {
      let checkpoint = try Checkpoint(path: SharedFiles.path("models/\(name)/\(name)-\(type).gguf"))
      let configuration = try checkpoint.configuration
      #expect(configuration.name == name)
      #expect(configuration.layerCount == 5)
      #expect(configuration.hiddenSize == 64)
      #expect(configuration.layers[4].feedForward.size == feedForward)
      #expect(configuration.layers[0].attention.queryHeadCount == 8)
      #expect(configuration.layers[0].attention.keyValueHeadCount == 4)
      #expect(configuration.layers[0].attention.headDimension == 8)
      #expect(configuration.vocabularySize == 512)
      #expect(configuration.trainedLength == length)
      #expect(configuration.hasTiedHead)
      #expect(try checkpoint.tokenizer.tokens.count == 512)
      let range = try #require(LayerRange(lower: 0, upper: 5))
      let weights = try StageWeights(checkpoint, layers: range, hasEmbedding: true, hasHead: true)
      #expect(weights.byteCount == checkpoint.tensors.reduce(0) { $0 + ($1.byteCount ?? 0) })
      let query = weights.layers[0].query
      #expect(query.type.description == type)
      #expect(query.rowCount == 64 && query.columnCount == 64)
      let down = weights.layers[4].down
      // Rows of 172 are no whole blocks; the converter left them in F16.
      let expected = name == "stories260K" && type.hasPrefix("Q") ? "F16" : type
      #expect(down.type.description == expected)
    }
  }

  @Test("F16 weights are the F32 ones rounded")
  func rounding() throws {
    let full = SharedFiles.path("models/stories260K/stories260K-F32.gguf")
    let half = SharedFiles.path("models/stories260K/stories260K-F16.gguf")
    let range = try #require(LayerRange(lower: 2, upper: 3))
    let exact = try StageWeights(Checkpoint(path: full), layers: range, hasEmbedding: false, hasHead: true)
    let rounded = try StageWeights(Checkpoint(path: half), layers: range, hasEmbedding: false, hasHead: true)
    #expect(exact.outputNorm == rounded.outputNorm)
    let (left, right) = (exact.layers[0].down, rounded.layers[0].down)
    for index in 0..<left.rowCount * left.columnCount {
      let value = left.bytes.load(fromByteOffset: 4 * index, as: Float.self)
      #expect(Float16(value) == right.bytes.load(fromByteOffset: 2 * index, as: Float16.self))
    }
  }

  @Test("A converter's own file with an untied head opens")
  func tinyRandom() throws {
    let checkpoint = try Checkpoint(path: SharedFiles.path("models/tiny-random-llama2/tiny-random-llama2.gguf"))
    let configuration = try checkpoint.configuration
    #expect(!configuration.hasTiedHead)
    #expect(configuration.vocabularySize == 32_000)
    #expect(configuration.layers[0].attention.rope?.base == 10_000)
    #expect(try checkpoint.footprint.headByteCount == 512_000 + 32)
  }

  @Test("Version 1 files are refused in clear words")
  func versionOne() throws {
    let path = SharedFiles.path("models/old-gguf-v1/old-gguf-v1.gguf")
    let error = #expect(throws: CheckpointError.self) { try Checkpoint(path: path) }
    #expect(error?.description.contains("has GGUF version 1") == true)
    #expect(error?.file == "old-gguf-v1.gguf")
  }

  @Test("A vocabulary file is refused as a model, with a message")
  func vocabularyOnly() throws {
    let checkpoint = try Checkpoint(path: SharedFiles.path("tokenizers/ggml-vocab-llama-spm.gguf"))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.configuration }
    #expect(error?.description.contains("holds a vocabulary but no weights") == true)
  }

  @Test("Fingerprints of different files differ")
  func fingerprints() throws {
    let names = ["models/stories260K/stories260K-F32.gguf", "models/stories260K/stories260K-F16.gguf"]
    let fingerprints = try names.map { try Checkpoint(path: SharedFiles.path($0)).fingerprint }
    #expect(Set(fingerprints).count == names.count)
  }
}
