import Fixtures
import Core
import Testing

@testable import Weights

@Suite("The trained length")
struct TrainedLengthTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func length(_ change: (inout GGUFWriter) -> Void) throws -> TrainedLength {
    var writer = GGUFWriter.tinyModel()
    change(&writer)
    let checkpoint = try folder.checkpoint(writer)
    let length = try checkpoint.trainedLength
    #expect(try checkpoint.configuration.trainedLength == length.tokenCount)
    return length
  }

  @Test("is the context length of the metadata, and says so")
  func plain() throws {
    let length = try length { _ in }
    #expect(length.tokenCount == 64)
    #expect(length.origin == "llama.context_length = 64")
  }

  @Test("includes YaRN's stretching, whichever of the two lengths the converter wrote")
  func yarn() throws {
    func stretched(from original: UInt32?) throws -> TrainedLength {
      try length {
        $0.set("llama.rope.scaling.type", .string("yarn"))
        $0.set("llama.rope.scaling.factor", .f32(4))
        if let original { $0.set("llama.rope.scaling.original_context_length", .u32(original)) }
      }
    }
    #expect(try stretched(from: 16).tokenCount == 64)
    #expect(try stretched(from: nil).tokenCount == 64)
    let longer = try stretched(from: 64)
    #expect(longer.tokenCount == 256)
    #expect(longer.origin.contains("original_context_length = 64"))
  }

  @Test("is taken as stated under linear scaling, which leaves open what it is")
  func linear() throws {
    let length = try length { $0.set("llama.rope.scaling.factor", .f32(4)) }
    #expect(length.tokenCount == 64)
    #expect(length.origin.contains("divided by 4"))
  }
}
