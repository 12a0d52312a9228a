import Fixtures
import Foundation
import TestTraits
import Testing

extension EndToEnd {
  @Suite("Bad input gets one clear sentence and the right status")
  struct BadInput {
    private func expect(
      _ arguments: [String], status: Int32, says words: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
      let outcome = try await Program.run(arguments, limit: 30)
      #expect(outcome.status == status, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
      for word in words {
        #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
      }
      #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    }

    @Test("model files that are missing, cut, lying, too old or of another kind")
    func modelFiles() async throws {
      let folder = try ScratchFolder()
      try await expect(["run", folder.path("none.gguf"), "-p", "x"], status: 78, says: "none.gguf")
      let text = try folder.write("not a model", to: "text.gguf")
      try await expect(["run", text, "-p", "x"], status: 78, says: "text.gguf")
      let whole = try Data(contentsOf: URL(fileURLWithPath: SharedFiles.demo))
      let cut = folder.path("cut.gguf")
      try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: cut))
      try await expect(["run", cut, "-p", "x"], status: 78, says: "cut.gguf")
      // The tensor count, right after magic and version, claims more than any file holds.
      var lying = whole
      lying.replaceSubrange(8..<16, with: [UInt8](repeating: 0x7F, count: 8))
      let lies = folder.path("lies.gguf")
      try lying.write(to: URL(fileURLWithPath: lies))
      try await expect(["plan", lies], status: 78, says: "lies.gguf")
    }

    @Test(
      "a model whose path no message carries is refused at once",
      arguments: ["a\nb.gguf", "b\u{1B}[2J.gguf", "f\ng/m.gguf"])
    func unspeakablePaths(name: String) async throws {
      let folder = try ScratchFolder()
      let path = folder.path(name)
      try FileManager.default.createDirectory(
        at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: SharedFiles.demo, toPath: path)
      try await expect(["run", path, "-p", "x"], status: 78, says: "control character", "rename")
      try await expect(["serve", path, "--http", "127.0.0.1:0"], status: 78, says: "control character", "rename")
      // To look into it, no worker needs to know where it is.
      #expect(try await Program.run(["inspect", path], limit: 30).status == 0)
    }

    @Test("ports of the API that others of this program have, and addresses that are none")
    func ports() async throws {
      let listen = ["serve", "--listen", "tcp://127.0.0.1:7170"]
      try await expect(listen + ["--http", "127.0.0.1:7170"], status: 2, says: "same port", "--listen")
      try await expect(
        listen + ["--results", "tcp://127.0.0.1:7190", "--http", "localhost:7190"], status: 2, says: "same port",
        "--results")
      try await expect(listen + ["--http", "https://127.0.0.1:8080"], status: 2, says: "plain HTTP")
      try await expect(listen + ["--http", "127.0.0.1"], status: 2, says: "port is missing")
    }

    @Test(
      "model files of the first version, and files that hold a vocabulary only", .needsShared("models", "tokenizers"))
    func filesOfOthers() async throws {
      let old = SharedFiles.path("models/old-gguf-v1/old-gguf-v1.gguf")
      try await expect(["run", old, "-p", "x"], status: 78, says: "version 1")
      let vocabulary = SharedFiles.path("tokenizers/ggml-vocab-gpt-2.gguf")
      try await expect(["run", vocabulary, "-p", "x"], status: 78, says: "no weights")
    }

    @Test("commands that make no sense")
    func usage() async throws {
      try await expect(["run"], status: 2, says: "prompt")
      try await expect(["frobnicate"], status: 2)
      try await expect(["run", "-p", "x", "--temperature", "-1"], status: 2, says: "temperature")
      try await expect(["run", "-p", "x", "--workers", "0"], status: 2, says: "--workers")
      try await expect(["run", "-p", "x", "--kv-type", "q1"], status: 2, says: "kv-type")
      try await expect(["run", "-p", "x", "--group-size", "0"], status: 2, says: "group size")
      try await expect(["run", "--token-ids", SharedFiles.demo], status: 2, says: "JSON array")
      let folder = try ScratchFolder()
      let ids = try folder.write("[1, 99999999]", to: "ids")
      try await expect(["run", "--token-ids", ids], status: 2, says: "99999999", "vocabulary")
      let negative = try folder.write("[-1]", to: "negative")
      try await expect(["run", "--token-ids", negative], status: 2, says: "-1")
      let empty = try folder.write("[]", to: "empty")
      try await expect(["run", "--token-ids", empty], status: 2, says: "no tokens")
    }

    @Test("a prompt longer than any policy admits is refused with both numbers")
    func tooLong() async throws {
      let folder = try ScratchFolder()
      let ids = try folder.write("\([Int](repeating: 5, count: 20_000))", to: "ids")
      try await expect(
        ["run", "--token-ids", ids, "--max-tokens", "10"], status: 2, says: "20010 tokens", "maximum context length is")
    }

    @Test("a model that does not fit is refused with the smallest remedy")
    func infeasible() async throws {
      try await expect(["plan", "--memory", "1MiB"], status: 3, says: "more memory")
      try await expect(["run", "-p", "x", "--memory", "1MiB"], status: 3, says: "more memory")
    }

    @Test("a worker without a coordinator gives up with a message")
    func unreachableCoordinator() async throws {
      let folder = try ScratchFolder()
      try await expect(
        ["worker", "--coordinator", "ipc://\(folder.path("missing"))", "--name", "w"], status: 69,
        says: "no coordinator")
      try await expect(["worker", "--coordinator", "nonsense"], status: 2, says: "nonsense")
    }

    @Test("a remote bind without keys is refused unless asked for")
    func remoteBind() async throws {
      try await expect(
        ["serve", SharedFiles.demo, "--listen", "tcp://0.0.0.0:0", "--http", "127.0.0.1:0"], status: 69,
        says: "no keys", "--insecure")
    }

    @Test("a server that fails while it hashes its model exits with its status")
    func failsWhileHashing() async throws {
      let folder = try ScratchFolder()
      try await withThrowingTaskGroup(of: Int32.self) { group in
        for index in 0..<40 {
          if index >= 8, let status = try await group.next() { #expect(status == 69) }
          let cache = folder.path("cache-\(index)")
          group.addTask {
            try await Program.run([
              "serve", SharedFiles.demo, "--listen", "tcp://0.0.0.0:0", "--http", "127.0.0.1:0", "--weights-cache",
              cache,
            ]).status
          }
        }
        for try await status in group { #expect(status == 69) }
      }
    }
  }
}
