import Core
import Testing

@Suite("A scaling of RoPE that is asked for by name")
struct RopeOverrideTests {
  @Test(
    "is read as it is written",
    arguments: [
      ("none", RopeOverride.none), ("linear:4", .linear(factor: 4)), ("linear:1.5", .linear(factor: 1.5)),
      ("yarn:8", .yarn(factor: 8, originalLength: nil)), ("yarn:2.5:4096", .yarn(factor: 2.5, originalLength: 4096)),
    ])
  func texts(text: String, rope: RopeOverride) throws {
    #expect(try RopeOverride(text) == rope)
    #expect(rope.description == text)
    #expect(try RopeOverride(text.uppercased()) == rope)
  }

  @Test(
    "is refused with what is wrong when it is none",
    arguments: [
      ("", "give none, linear:FACTOR or yarn:FACTOR[:ORIGINAL]"), ("longrope:4", "give none"), ("linear", "give none"),
      ("none:2", "give none"), ("yarn:4:4096:1", "give none"), ("linear:0.5", "between 1 and 1024"),
      ("linear:nan", "between 1 and 1024"), ("yarn:inf", "between 1 and 1024"), ("yarn:x", "between 1 and 1024"),
      ("yarn:-4", "between 1 and 1024"), ("yarn:4:0", "no original length"), ("yarn:4:1e3", "no original length"),
      ("yarn:4:99999999999999999999", "no original length"),
    ])
  func refusals(text: String, reason: String) {
    let error = #expect(throws: RopeOverrideError.self) { try RopeOverride(text) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }
}
