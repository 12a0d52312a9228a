import Core
import Testing

@Suite("Choosing a policy at admission")
struct PolicyChoiceTests {
  @Test("a text within the trained length is plain")
  func shortTextIsPlain() throws {
    for length in [1, 4095, 4096] {
      let choice = try PolicyChoice.forLength(length, trainedLength: 4096)
      #expect(!choice.policy.groups)
      #expect(choice.warning == nil)
    }
  }

  @Test(
    "longer texts get the smallest divisor of w that meets the two-thirds rule",
    arguments: [
      (2048, 4096, 8), (2048, 8192, 16), (4096, 8192, 8), (4096, 16_384, 16), (4096, 32_768, 32),
    ])
  func suggestedGroupSizes(trained: Int, length: Int, groupSize: Int) throws {
    let policy = try PolicyChoice.forLength(length, trainedLength: trained).policy
    #expect(policy.groupSize == groupSize)
    #expect(policy.neighborWindow == trained / 4)
  }

  @Test("the automatic policy admits its longest length and refuses one more, with both numbers")
  func longestAutomaticLength() throws {
    for trained in [64, 256, 500, 2048, 4096, 8192] {
      let longest = PolicyChoice.longestAutomaticLength(trainedLength: trained)
      let policy = try PolicyChoice.forLength(longest, trainedLength: trained).policy
      #expect(policy.largestRelativePosition(length: longest) < trained)
      let refusal = #expect(throws: PolicyRefusal.self) {
        try PolicyChoice.forLength(longest + 1, trainedLength: trained)
      }
      #expect(refusal?.description.contains("\(longest + 1) tokens") == true)
      #expect(refusal?.description.contains("maximum context length is \(longest) tokens") == true)
    }
  }

  @Test("no automatic policy ever uses a position the model was not trained at")
  func automaticStaysInside() throws {
    for trained in [16, 100, 256, 2048] {
      let longest = PolicyChoice.longestAutomaticLength(trainedLength: trained)
      for length in stride(from: 1, through: longest, by: max(1, longest / 500)) {
        let policy = try PolicyChoice.forLength(length, trainedLength: trained).policy
        #expect(policy.largestRelativePosition(length: length) < trained)
      }
    }
  }

  @Test("a policy the user gives is obeyed, with a warning beyond what it admits")
  func userPolicyIsObeyed() throws {
    let request = PolicyRequest(groupSize: 5, neighborWindow: 1024)
    #expect(try PolicyChoice.forLength(16_380, trainedLength: 4096, request: request).warning == nil)
    let beyond = try PolicyChoice.forLength(16_384, trainedLength: 4096, request: request)
    #expect(beyond.policy.groupSize == 5)
    #expect(beyond.warning?.contains("16380") == true)
    let plain = try PolicyChoice.forLength(9000, trainedLength: 4096, request: PolicyRequest(groupSize: 1))
    #expect(!plain.policy.groups)
    #expect(plain.warning != nil)
    let forced = try PolicyChoice.forLength(10, trainedLength: 4096, request: PolicyRequest(groupSize: 4))
    #expect(forced.policy.groupSize == 4)
  }

  @Test("group size 0 and a negative window are refused with a message")
  func nonsenseIsRefused() {
    #expect(throws: PolicyArgumentError.self) {
      try PolicyChoice.forLength(10, trainedLength: 64, request: PolicyRequest(groupSize: 0))
    }
    #expect(throws: PolicyArgumentError.self) {
      try PolicyChoice.forLength(10, trainedLength: 64, request: PolicyRequest(groupSize: 2, neighborWindow: -1))
    }
  }
}
