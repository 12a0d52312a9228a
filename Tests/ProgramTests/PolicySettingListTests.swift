import ArgumentParser
import Core
import Testing

@testable import longhaul

@Suite("Lists of policies")
struct PolicySettingListTests {
  @Test("commas separate policies, and the numbers of one")
  func lists() throws {
    func names(_ text: String) throws -> [String] { try PolicySettingList.parse(text).values.map { "\($0)" } }
    #expect(try names("plain,auto,4x512") == ["plain", "auto", "4x512"])
    #expect(
      try names("self-extend:8,1024,string:85,16,rerope,jet-long:auto,64,plain")
        == ["8x1024", "string:85,16", "rerope", "jet-long:auto,64", "plain"])
    for wrong in ["", "plain,", "plain,8", "rerope:1,2", "yarn", "string:1,"] {
      #expect(throws: ValidationError.self, "\(wrong)") { try PolicySettingList.parse(wrong) }
    }
  }

  @Test("a policy by name is refused beside a group size or a window")
  func eitherOr() {
    for words in [["--group-size", "8"], ["--neighbor-window", "64"]] {
      #expect(throws: (any Error).self) { try PolicyOptions.parse(["--policy", "rerope"] + words) }
    }
  }

  @Test("a command that takes one policy refuses two; one that compares takes both")
  func count() throws {
    let options = try PolicyOptions.parse(["--policy", "plain,rerope:9"])
    #expect(throws: CommandFailure.self) { try options.settings() }
    #expect(try options.settings(compares: true).request == PolicyRequest())
    #expect(options.compared(policy: PolicyRequest(), standard: []).map { "\($0)" } == ["plain", "rerope:9"])
    #expect(try PolicyOptions.parse(["--policy", "rerope:9"]).settings().request == PolicyRequest("rerope:9"))
  }
}
