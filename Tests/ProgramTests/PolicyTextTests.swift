import Core
import Testing

@testable import longhaul

@Suite("The text of a policy file")
struct PolicyTextTests {
  private func values(_ text: String) throws -> [String: Int] { try PolicyText(Array(text.utf8)).values }

  @Test("integers are read, with comments, in any order; an empty text is an empty policy")
  func numbers() throws {
    #expect(
      try values("neighbor_window: 512\n# groups\ngroup_size: 8 # of eight\n")
        == ["neighbor_window": 512, "group_size": 8])
    for text in ["", "\n", "# nothing\n"] { #expect(try values(text).isEmpty) }
  }

  @Test("a policy is read by its name, and refused beside the numbers that it has")
  func policy() throws {
    func text(_ text: String) throws -> PolicyText { try PolicyText(Array(text.utf8)) }
    let read = try text("policy: string:85,16\ntrained_length: 256\n")
    #expect(read.policy == PolicyRequest(.string, neighborWindow: 85, farStart: 16))
    #expect(read.values == ["trained_length": 256])
    for wrong in ["policy: yarn", "policy: rerope:64\ngroup_size: 8", "policy: [plain]", "policy: rerope:99999999"] {
      #expect(throws: PolicyText.Refusal.self, "\(wrong)") { try text(wrong) }
    }
  }

  @Test("a scaling of RoPE is read as the option takes it")
  func ropeScaling() throws {
    func text(_ text: String) throws -> PolicyText { try PolicyText(Array(text.utf8)) }
    let read = try text("group_size: 4\nrope_scaling: yarn:4:4096\n")
    #expect(read.rope == .yarn(factor: 4, originalLength: 4096) && read.values == ["group_size": 4])
    for wrong in ["rope_scaling: yarn", "rope_scaling: [linear:2]", "rope_scaling: linear:0"] {
      #expect(throws: PolicyText.Refusal.self, "\(wrong)") { try text(wrong) }
    }
  }

  @Test(
    "a value that is not a decimal integer is rejected with a reason",
    arguments: [
      "4:0:4:0:0:4:0:6:0:4:40:66", "1:30", "8.5", "1e3", "0x10", "~", "eight", "99999999999999999999", "[8]", "{a: 8}",
      "8\ngroup_size: 9", "8\n---\nx: 1",
    ])
  func rejections(value: String) {
    #expect(throws: PolicyText.Refusal(reason: "is not YAML of the form 'group_size: 8', one integer per line")) {
      try values("group_size: \(value)")
    }
  }
}
