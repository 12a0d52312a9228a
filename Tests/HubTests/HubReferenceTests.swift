import Testing

@testable import Hub

/// What users write, and which files it means.
@Suite struct HubReferenceTests {
  @Test("A reference has a repository, and may have a revision, and a quantization or a file")
  func forms() throws {
    let plain = try HubReference("hf:Qwen/Qwen2.5-0.5B")
    #expect(plain.repository == "Qwen/Qwen2.5-0.5B" && plain.revision == "main" && plain.choice == nil)
    let full = try HubReference("hf:a/b@v1.0:sub/m.gguf")
    #expect(full.repository == "a/b" && full.revision == "v1.0" && full.choice == "sub/m.gguf")
  }

  @Test(
    "Other forms are refused, those with paths too",
    arguments: [
      "hf:", "hf:a", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a/b:", "hf:a/b:../c", "hf:a/b@", "a/b", "hf:a/b c",
    ])
  func refused(text: String) { #expect(throws: HubError.self) { try HubReference(text) } }

  private static let names = ["m-Q4_0.gguf", "m-Q4_0_4_4.gguf", "m-IQ4_XS.gguf", "mmproj-Q8_0.gguf", "x/m-F16.gguf"]

  @Test(
    "A quantization is a word of a file's name",
    arguments: [("Q4_0", "m-Q4_0.gguf"), ("iq4_xs", "m-IQ4_XS.gguf"), ("x/m-F16.gguf", "x/m-F16.gguf")])
  func quantizations(choice: String, path: String) throws {
    #expect(try HubSelection(of: Self.names, choice: choice, repository: "a/b").paths == [path])
  }

  @Test("Nothing is guessed: what is not there is refused with what there is", arguments: ["Q4", "Q8_0", "m.gguf"])
  func absent(choice: String) {
    let error = #expect(throws: HubError.self) {
      try HubSelection(of: Self.names, choice: choice, repository: "a/b")
    }
    #expect(error?.description.contains("m-IQ4_XS.gguf") ?? false)
  }

  @Test("A split file is all of its parts, and none where one is missing")
  func shards() throws {
    let names = (1...3).map { "m-Q4_K_M-0000\($0)-of-00003.gguf" }
    let selection = try HubSelection(of: names, choice: "Q4_K_M", repository: "a/b")
    #expect(selection.paths == names && selection.opened == names[0])
    #expect(throws: HubError.self) { try HubSelection(of: Array(names.dropLast()), choice: nil, repository: "a/b") }
  }

  @Test("A repository without GGUF files is a folder, without pickles and without other formats' folders")
  func folders() throws {
    let names = ["config.json", "model.safetensors", "onnx/model.safetensors", "pytorch_model.bin", "tokenizer.json"]
    let selection = try HubSelection(of: names, choice: nil, repository: "a/b")
    #expect(selection.paths == ["config.json", "model.safetensors", "tokenizer.json"] && selection.opened.isEmpty)
    #expect(throws: HubError.self) { try HubSelection(of: ["model.safetensors"], choice: nil, repository: "a/b") }
  }

  @Test("The environment says where the hub and the cache are, as for other programs")
  func settings() throws {
    let plain = try HubSettings(environment: ["HOME": "/h"])
    #expect(plain.cache == "/h/.cache/huggingface/hub" && plain.token == nil && !plain.isOffline)
    let home = try HubSettings(environment: ["HF_HOME": "/x", "HF_HUB_OFFLINE": "1", "HF_TOKEN": "t"])
    #expect(home.cache == "/x/hub" && home.isOffline && home.token == "t")
    #expect(throws: HubError.self) { try HubSettings(environment: [:]) }
  }
}
