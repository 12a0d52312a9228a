import Core
import Testing

@Suite("Policies that are asked for by name")
struct PolicyRequestTests {
  @Test(
    "a policy is written by its method and numbers, and read as it was written",
    arguments: [
      ("auto", PolicyRequest()), ("plain", PolicyRequest(groupSize: 1)),
      ("8x1024", PolicyRequest(groupSize: 8, neighborWindow: 1024)), ("self-extend:8", PolicyRequest(groupSize: 8)),
      ("self-extend:auto,512", PolicyRequest(neighborWindow: 512)), ("rerope", PolicyRequest(.reRoPE)),
      ("rerope:64", PolicyRequest(.reRoPE, neighborWindow: 64)), ("string", PolicyRequest(.string)),
      ("string:85,16", PolicyRequest(.string, neighborWindow: 85, farStart: 16)),
      ("jet-long:auto,2049", PolicyRequest(.jetLong, neighborWindow: 2049)),
      ("jet-long:4,2049", PolicyRequest(.jetLong, groupSize: 4, neighborWindow: 2049)),
      ("self", PolicyRequest(.logistic)), ("self:33,512", PolicyRequest(.logistic, groupSize: 33, neighborWindow: 512)),
    ])
  func texts(text: String, request: PolicyRequest) throws {
    #expect(try PolicyRequest(text) == request)
    #expect(request.description == text)
  }

  @Test("SelfExtend has two spellings, and case does not matter")
  func otherSpellings() throws {
    #expect(try PolicyRequest("self-extend:8,32") == PolicyRequest("8x32"))
    #expect(try PolicyRequest("self-extend") == PolicyRequest())
    #expect(try PolicyRequest("ReRoPE:9") == PolicyRequest("rerope:9"))
  }

  @Test(
    "what is no policy is refused with what is wrong",
    arguments: [
      ("", "known are"), ("8", "known are"), ("yarn", "known are auto, plain, self-extend[:G,w], rerope[:w]"),
      ("8x32x1", "known are"), ("x", "known are"), ("8x99999999999999999999", "known are"),
      ("rerope:", "give a whole number or auto"), ("rerope:1,2", "ReRoPE takes neighbor window"),
      ("string:16,85", "far start 85 is more than its neighbor window 16"),
      ("jet-long:0", "group size 0 is out of range"),
      ("self-extend:2,-1", "neighbor window -1 is out of range"), ("0x3", "group size 0 is out of range"),
      ("rerope:4194305", "must be between 0 and 4194304"),
    ])
  func refusals(text: String, reason: String) {
    let error = #expect(throws: PolicyTextError.self) { try PolicyRequest(text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("without numbers ReRoPE, Jet-Long and SELF are plain within the trained length; STRING is meant for it")
  func withinTrainedLength() throws {
    for length in [1, 255, 256] {
      for method in PositionMethod.allCases where method != .string {
        let choice = try PolicyChoice.forLength(length, trainedLength: 256, request: PolicyRequest(method))
        #expect(choice.policy == .plain(trainedLength: 256))
      }
      let choice = try PolicyChoice.forLength(length, trainedLength: 256, request: PolicyRequest(.string))
      #expect(choice.policy == PositionPolicy(.string, neighborWindow: 85, farStart: 21, trainedLength: 256))
    }
  }

  @Test("Jet-Long's group size is the length over the trained length, rounded up; ReRoPE's window is a quarter")
  func beyondTrainedLength() throws {
    for (length, groupSize) in [(257, 2), (512, 2), (513, 3), (256 * 64, 64)] {
      let choice = try PolicyChoice.forLength(length, trainedLength: 256, request: PolicyRequest(.jetLong))
      #expect(choice.policy.groupSize == groupSize && choice.policy.neighborWindow == 64 && choice.warning == nil)
    }
    let far = try PolicyChoice.forLength(1 << 20, trainedLength: 256, request: PolicyRequest(.reRoPE))
    #expect(far.policy == PositionPolicy(.reRoPE, neighborWindow: 64, trainedLength: 256) && far.warning == nil)
  }

  @Test("Jet-Long refuses what its largest group size does not admit, by name")
  func refusedLength() {
    let refusal = #expect(throws: PolicyRefusal.self) {
      try PolicyChoice.forLength(256 * 64 + 1, trainedLength: 256, request: PolicyRequest(.jetLong))
    }
    #expect(refusal?.longestLength == 256 * 64)
    #expect(refusal?.description.contains("Jet-Long") == true)
  }

  @Test("numbers that are given are obeyed at any length, with a warning beyond what they admit")
  func obeyed() throws {
    let short = try PolicyChoice.forLength(10, trainedLength: 256, request: PolicyRequest("rerope:5"))
    #expect(short.policy.method == .reRoPE && short.warning == nil)
    let long = try PolicyChoice.forLength(400, trainedLength: 256, request: PolicyRequest("string:85,21"))
    #expect(long.warning?.contains("exceed the 320 that STRING with neighbor window 85, far start 21") == true)
    #expect(try PolicyChoice.forLength(320, trainedLength: 256, request: PolicyRequest("string:85,21")).warning == nil)
  }

  @Test("a standing policy leaves short text plain, but for STRING")
  func standing() throws {
    for text in ["8x32", "rerope:32", "jet-long:2,32"] {
      var request = try PolicyRequest(text)
      request.keepsShortTextPlain = true
      #expect(try !PolicyChoice.forLength(256, trainedLength: 256, request: request).policy.groups)
      #expect(try PolicyChoice.forLength(257, trainedLength: 256, request: request).policy.groups)
    }
    var string = try PolicyRequest("string:85,21")
    string.keepsShortTextPlain = true
    #expect(try PolicyChoice.forLength(256, trainedLength: 256, request: string).policy.groups)
  }

  @Test("the longest length of a request is that of the policies it gives")
  func longestLength() throws {
    #expect(try PolicyRequest("rerope").longestLength(trainedLength: 256) == Limits.maximumContext)
    #expect(try PolicyRequest("jet-long").longestLength(trainedLength: 256) == 64 * 256)
    #expect(try PolicyRequest("string").longestLength(trainedLength: 256) == 256 + 85 - 21)
    #expect(try PolicyRequest("plain").longestLength(trainedLength: 256) == 256)
  }
}
