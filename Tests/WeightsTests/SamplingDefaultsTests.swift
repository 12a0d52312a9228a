import Core
import Fixtures
import Testing

@testable import Weights

/// What a model's makers recommend.
@Suite struct SamplingDefaultsTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test("Recommended sampling is read; what is out of range or not supported is left out with a warning")
  func sampling() throws {
    var writer = GGUFWriter.tinyModel()
    #expect(try folder.checkpoint(writer).samplingDefaults == SamplingDefaults())
    writer.set("general.sampling.temp", .f32(0.6))
    writer.set("general.sampling.top_k", .i32(20))
    writer.set("general.sampling.top_p", .f64(0.95))
    writer.set("general.sampling.min_p", .f32(7))
    writer.set("general.sampling.penalty_repeat", .string("1.1"))
    writer.set("general.sampling.mirostat", .i32(2))
    let defaults = try folder.checkpoint(writer).samplingDefaults
    #expect(defaults.description == "temperature 0.6, top_k 20, top_p 0.95")
    #expect(defaults.warnings.count == 3)
    var parameters = SamplingParameters()
    parameters.minP = 0.25
    parameters = defaults.applied(to: parameters)
    #expect(
      parameters.temperature == 0.6 && parameters.topK == 20 && parameters.topP == 0.95 && parameters.minP == 0.25)
  }
}
