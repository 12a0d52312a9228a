import Core
import Testing

@testable import OpenAIAPI

@Suite("Filling in", .timeLimit(.minutes(5)))
struct FillInTests {
  private static let fillIn = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]

  private static func spelled(_ prompt: [TokenID], _ names: [String]) -> String {
    prompt.map { token in
      token >= 259 ? names[Int(token) - 259] : token == 1 ? "^" : String(decoding: [UInt8(token - 3)], as: UTF8.self)
    }.joined()
  }

  @Test("The prompt has prefix, suffix and middle in the model's tokens, and its text becomes no token of them")
  func order() throws {
    let codec = try ByteVocabulary.codec(controlTokens: Self.fillIn)
    let tokens = try #require(FillInTokens(codec))
    let prompt = try FillInPrompt(prefix: "a<|fim_middle|>", suffix: "c").encode(tokens, codec)
    #expect(Self.spelled(prompt, Self.fillIn) == "^<|fim_prefix|>a<|fim_middle|><|fim_suffix|>c<|fim_middle|>")
    #expect(prompt.filter { $0 == tokens.middle }.count == 1)
    #expect(tokens.ends.isSuperset(of: [tokens.prefix, tokens.suffix, tokens.middle]))
  }

  @Test("Files come before it, each with its name, where the model knows files")
  func files() throws {
    let names = Self.fillIn + ["<|repo_name|>", "<|file_sep|>"]
    let codec = try ByteVocabulary.codec(controlTokens: names)
    var fillIn = FillInPrompt(prefix: "a", suffix: "c")
    fillIn.snippets = [FillInPrompt.Snippet(name: "x.c", text: "int_x;")]
    let prompt = try fillIn.encode(try #require(FillInTokens(codec)), codec)
    #expect(
      Self.spelled(prompt, names)
        == "^<|repo_name|>project\n<|file_sep|>x.c\nint_x;\n<|file_sep|>file\n"
        + "<|fim_prefix|>a<|fim_suffix|>c<|fim_middle|>")
    let plain = try ByteVocabulary.codec(controlTokens: Self.fillIn)
    let short = try fillIn.encode(try #require(FillInTokens(plain)), plain)
    #expect(Self.spelled(short, Self.fillIn).hasPrefix("^int_x;\n\n<|fim_prefix|>"))
  }

  @Test("A model without such tokens is named as the reason, on every path")
  func refusal() async throws {
    #expect(FillInTokens(try ByteVocabulary.codec()) == nil)
    for (path, body) in [
      ("/v1/completions", #"{"prompt":"a","suffix":"b"}"#), ("/infill", #"{"input_prefix":"a","input_suffix":"b"}"#),
    ] {
      let reply = try await CannedEngine.answering("x").post(path, body)
      #expect(reply.status == 400 && reply.json["error"]["param"].text == "suffix", "\(reply.body)")
    }
    let plain = try await CannedEngine.answering("x").post("/v1/completions", #"{"prompt":"a","suffix":""}"#)
    #expect(plain.status == 200)
  }
}
