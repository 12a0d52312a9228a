import Evaluation
import Core
import Testing

@Suite("explain")
struct PolicyExplanationTests {
  @Test("text within the trained length is explained as plain")
  func short() throws {
    let explanation = try PolicyExplanation(length: 256, trainedLength: 256)
    #expect(explanation.reason == .withinTrainedLength)
    #expect(explanation.chosen?.policy.groupSize == 1)
    #expect(explanation.chosen?.largestRelativePosition == 255)
    #expect(explanation.chosen?.admits == true)
  }

  @Test("longer text gets the smallest divisor that meets the rule, and every smaller one is shown not to")
  func long() throws {
    let explanation = try PolicyExplanation(length: 2048, trainedLength: 256)
    let chosen = try #require(explanation.chosen)
    #expect(explanation.reason == .smallestGroupSize)
    #expect(chosen.policy.groupSize == 32 && chosen.policy.neighborWindow == 64)
    #expect(chosen.meetsRule && chosen.admits)
    #expect(chosen.largestRelativePosition == 2047 / 32 + 64 - 2)
    for row in explanation.rows where row.policy.groupSize < 32 && row.policy.neighborWindow == 64 {
      #expect(!row.meetsRule, "G=\(row.policy.groupSize)")
    }
    #expect(explanation.rows.contains(chosen))
    #expect(explanation.sentence.contains("64 + 1984/32 = 126.0 < 170.7"))
  }

  @Test("the longest length is exact where G does not divide w: 16,380 for a trained length of 4096, not 16,384")
  func exactLength() throws {
    let request = PolicyRequest(groupSize: 5, neighborWindow: 1024)
    let fits = try PolicyExplanation(length: 16_380, trainedLength: 4096, request: request)
    #expect(fits.reason == .forced)
    #expect(fits.chosen?.longestLength == 16_380 && fits.chosen?.admits == true)
    #expect(fits.chosen?.largestRelativePosition == 4095)
    let over = try PolicyExplanation(length: 16_381, trainedLength: 4096, request: request)
    #expect(over.chosen?.admits == false && over.warning != nil)
  }

  @Test("a length without an automatic policy still lists other group sizes")
  func refused() throws {
    let explanation = try PolicyExplanation(length: 100_000, trainedLength: 256)
    guard case .refused(let refusal) = explanation.reason else {
      Issue.record("not refused")
      return
    }
    #expect(refusal.length == 100_000)
    #expect(explanation.chosen == nil)
    #expect(!explanation.rows.isEmpty)
    #expect(explanation.rows.allSatisfy { !$0.admits || $0.policy.method == .reRoPE })
  }

  @Test("a cluster's standing policy leaves short text plain; a request's own does not")
  func standingPolicy() throws {
    let standing = PolicyRequest(groupSize: 8, neighborWindow: 32, keepsShortTextPlain: true)
    #expect(try PolicyChoice.forLength(256, trainedLength: 256, request: standing).policy.groupSize == 1)
    #expect(try PolicyChoice.forLength(257, trainedLength: 256, request: standing).policy.groupSize == 8)
    let asked = PolicyRequest(groupSize: 8, neighborWindow: 32)
    #expect(try PolicyChoice.forLength(256, trainedLength: 256, request: asked).policy.groupSize == 8)
  }

  @Test("other methods are listed with what they admit, and one that was asked for says its rule")
  func otherMethods() throws {
    let explanation = try PolicyExplanation(length: 1000, trainedLength: 256, request: PolicyRequest("jet-long"))
    #expect(explanation.chosen?.policy.name == "jet-long:4,64")
    #expect(explanation.sentence.contains("1000/4 <= 256"))
    let names = explanation.rows.map(\.policy.name)
    #expect(names.contains("rerope:64") && names.contains("string:85,21") && names.contains("jet-long:4,64"))
    #expect(explanation.rows.first { $0.policy.method == .string }?.admits == false)
    let growing = try PolicyExplanation(length: 1000, trainedLength: 256, request: PolicyRequest("self"))
    let chosen = try #require(growing.chosen)
    #expect(chosen.policy.method == .logistic && chosen.admits && names.contains(chosen.policy.name))
    #expect(growing.sentence.contains("\(chosen.largestRelativePosition) < 256"))
    let short = try PolicyExplanation(length: 300, trainedLength: 256, request: PolicyRequest("self"))
    #expect(short.chosen?.meetsRule == true && short.sentence.contains("two thirds of the trained context"))
  }

  @Test("policies are written plain, auto or GxW")
  func settings() throws {
    #expect(try PolicySetting("plain") == .plain)
    #expect(try PolicySetting("AUTO") == .automatic)
    #expect(try PolicySetting("8x32") == PolicySetting(PolicyRequest(groupSize: 8, neighborWindow: 32)))
    for text in ["", "8", "x", "8x", "0x3", "8x-1", "8x32x1", "99999999999x1", "8x99999999999999999999"] {
      #expect(throws: PolicyTextError.self, "\(text)") { try PolicySetting(text) }
    }
    for setting in [PolicySetting.plain, .automatic, PolicySetting(PolicyRequest(groupSize: 4, neighborWindow: 0))] {
      #expect(try PolicySetting(setting.description) == setting)
    }
  }
}
