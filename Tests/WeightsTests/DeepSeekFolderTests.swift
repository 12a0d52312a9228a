import Core
import Fixtures
import Testing

@testable import Weights

/// What `config.json` may leave out; the models are those of the goldens.
@Suite("Folders of DeepSeek V2 and V3")
struct DeepSeekFolderTests {
  private let folder: ScratchFolder
  init() throws { folder = try ScratchFolder() }

  @Test("V3 without a number of groups has eight, of which four count, and without a factor 2.5, as transformers says")
  func leftOut() throws {
    let name = "deepseek_v3 of V3 in its older form"
    #expect {
      try folder.configuration(name, #""n_group":3,"topk_group":2,"#)
    } throws: {
      "\($0)".contains("expert_group_count") && "\($0)".contains("is 8, which does not divide the 6 experts")
    }
    let model = try folder.configuration(name, #""routed_scaling_factor":1.5,"#)
    #expect(model.layers.last?.feedForward.experts?.router.scale == 2.5)
  }

  @Test("V2 that chooses by groups is refused without their number")
  func groupsOfV2() {
    #expect {
      try folder.configuration("deepseek_v2 of V2", #""n_group":3,"#)
    } throws: {
      "\($0)".contains(#"lacks "n_group""#)
    }
  }
}
