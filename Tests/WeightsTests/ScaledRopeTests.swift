import Core
import Fixtures
import Testing

@testable import Weights

@Suite("A checkpoint under another scaling of RoPE")
struct ScaledRopeTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  private func checkpoint(
    _ rope: RopeOverride?, _ change: (inout GGUFWriter) -> Void = { _ in }
  ) throws -> Checkpoint {
    var writer = GGUFWriter.tinyModel()
    change(&writer)
    return try Checkpoint(path: folder.write(writer.file), rope: rope)
  }

  private func scaling(_ checkpoint: Checkpoint) throws -> RopeConfiguration.Scaling? {
    try checkpoint.configuration.layers[0].attention.rope?.scaling
  }

  @Test("reads as a file that states it, and was trained on a length as much larger")
  func asStated() throws {
    let stated = try checkpoint(nil) {
      $0.set("llama.rope.scaling.type", .string("yarn"))
      $0.set("llama.rope.scaling.factor", .f32(4))
      $0.set("llama.rope.scaling.original_context_length", .u32(32))
    }
    let yarn = try checkpoint(.yarn(factor: 4, originalLength: 32))
    #expect(try scaling(yarn) == scaling(stated))
    #expect(try yarn.configuration.trainedLength == 128)
    #expect(try yarn.trainedLength.origin.hasSuffix("= 32, under the RoPE scaling 'yarn:4:32'"))
    let linear = try checkpoint(.linear(factor: 2.5))
    #expect(try scaling(linear) == .linear(factor: 2.5))
    #expect(try linear.configuration.trainedLength == 160)
    #expect(try checkpoint(.yarn(factor: 4, originalLength: nil)).configuration.trainedLength == 256)
    #expect(try checkpoint(.linear(factor: 1024)).configuration.trainedLength == 65_536)
  }

  @Test("forgets the file's own, but keeps what its YaRN has under another YaRN")
  func replaced() throws {
    func own(_ writer: inout GGUFWriter) {
      writer.set("llama.rope.scaling.type", .string("yarn"))
      writer.set("llama.rope.scaling.factor", .f32(4))
      writer.set("llama.rope.scaling.original_context_length", .u32(16))
      writer.set("llama.rope.scaling.yarn_beta_fast", .f32(24))
    }
    guard
      case .yarn(let factor, let length, let fast, _, _, _) = try scaling(
        checkpoint(.yarn(factor: 8, originalLength: nil), own))
    else {
      Issue.record("no YaRN")
      return
    }
    #expect((factor, length, fast) == (8, 16, 24))
    #expect(try checkpoint(.yarn(factor: 8, originalLength: nil), own).configuration.trainedLength == 128)
    let none = try checkpoint(RopeOverride.none, own)
    #expect(try scaling(none) == RopeConfiguration.Scaling.none)
    #expect(try none.configuration.trainedLength == 16)
    #expect(try scaling(checkpoint(.linear(factor: 2), own)) == .linear(factor: 2))
    let old = try checkpoint(RopeOverride.none) { $0.set("llama.rope.scale_linear", .f32(4)) }
    #expect(try scaling(old) == RopeConfiguration.Scaling.none)
  }

  @Test("lets a file be read whose own scaling is not computed")
  func notComputed() throws {
    func dynamic(_ writer: inout GGUFWriter) { writer.set("llama.rope.scaling.type", .string("dynamic")) }
    #expect(throws: CheckpointError.self) { try checkpoint(nil, dynamic).configuration }
    #expect(try scaling(checkpoint(.linear(factor: 2), dynamic)) == .linear(factor: 2))
  }

  @Test("is another version of the model than without it, and as another scaling")
  func fingerprints() throws {
    let path = try folder.write(GGUFWriter.tinyModel().file)
    let ropes: [RopeOverride?] = [nil, RopeOverride.none, .linear(factor: 2), .yarn(factor: 2, originalLength: nil)]
    let versions = try ropes.map { try Checkpoint(path: path, rope: $0).versionFingerprint }
    #expect(Set(versions).count == ropes.count)
    #expect(try Checkpoint(path: path, rope: .linear(factor: 2)).versionFingerprint == versions[2])
  }

  @Test("is refused by name where the file has factors for each pair")
  func ownFactors() throws {
    let factors = try checkpoint(.yarn(factor: 4, originalLength: nil)) {
      $0.addTensor("rope_freqs.weight", [2], [1, 8])
    }
    let error = #expect(throws: CheckpointError.self) { try factors.configuration }
    #expect(error.map { "\($0)".contains("'yarn:4' cannot replace") } == true, "\(error.map { "\($0)" } ?? "")")
    #expect(error.map { "\($0)".contains("--rope-scaling") } == true)
  }
}
