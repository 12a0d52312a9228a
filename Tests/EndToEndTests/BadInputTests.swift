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

    /// What is wrong with a model's file.
    private enum Flaw: String, CaseIterable {
      case missing, empty, text, cut, lying, folder, belowFile, longName
    }

    @Test("model files that are missing, cut, lying or of another kind are named", arguments: Flaw.allCases)
    private func modelFile(flaw: Flaw) async throws {
      let folder = try ScratchFolder()
      let path = folder.path("flawed.gguf")
      var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: SharedFiles.demo)))
      switch flaw {
      case .missing: break
      case .empty: try folder.write([], to: "flawed.gguf")
      case .text: _ = try folder.write("not a model", to: "flawed.gguf")
      case .cut: try folder.write(Array(bytes.prefix(bytes.count / 2)), to: "flawed.gguf")
      case .lying:
        // The tensor count, right after magic and version, claims more than any file holds.
        bytes.replaceSubrange(8..<16, with: [UInt8](repeating: 0x7F, count: 8))
        try folder.write(bytes, to: "flawed.gguf")
      case .folder: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      case .belowFile:
        try folder.write(bytes, to: "flawed.gguf")
        return try await expect(
          ["plan", path + "/m.gguf"], status: 78, says: "m.gguf: cannot be read", "Not a directory")
      case .longName:
        return try await expect(
          ["plan", folder.path(String(repeating: "n", count: 300))], status: 78, says: "File name too long")
      }
      try await expect(["plan", path], status: 78, says: "flawed.gguf")
      try await expect(["run", path, "-p", "x"], status: 78, says: "flawed.gguf")
    }

    @Test(
      "a model whose path no message carries is refused at once",
      arguments: [
        "a\nb.gguf", "b\u{1B}[2J.gguf", "f\ng/m.gguf", "t\tb.gguf", "d\u{7F}.gguf", "n.gguf\n", "c\u{85}.gguf",
      ])
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

    @Test(
      "a model whose path is only odd is served like any other",
      arguments: [" a b .gguf", "-p.gguf", "é😀.gguf", "a\u{2028}b.gguf", "'\"$(x)%s\\.gguf", "no-ending"])
    func oddPaths(name: String) async throws {
      let folder = try ScratchFolder()
      try FileManager.default.copyItem(atPath: SharedFiles.demo, toPath: folder.path(name))
      let outcome = try await Program.run(["run", folder.path(name), "-p", "x", "--max-tokens", "1"], limit: 60)
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    }

    @Test(
      "a worker whose name no coordinator takes is refused at once, and so is an endpoint that no message carries",
      arguments: [
        (["--name", "a\nb"], "1 to 128 bytes and no control character"), (["--name", ""], "1 to 128 bytes"),
        (["--name", String(repeating: "n", count: 129)], "1 to 128 bytes"),
        (["--name", "a\u{7F}"], "no control character"),
        (["--name", "w", "--data", "ipc:///tmp/a\nb"], "control character"),
        (["--name", "w", "--data", "ipc:///" + String(repeating: "d", count: 200)], "107"),
      ])
    func workerNames(options: [String], words: String) async throws {
      try await expect(["worker", "--coordinator", "ipc:///nowhere"] + options, status: 2, says: words)
    }

    @Test("ports of the API that others of this program have, and addresses that are none")
    func ports() async throws {
      let listen = ["serve", "--listen", "tcp://127.0.0.1:7170"]
      try await expect(listen + ["--http", "127.0.0.1:7170"], status: 2, says: "same port", "--listen")
      try await expect(
        listen + ["--results", "tcp://127.0.0.1:7190", "--http", "localhost:7190"], status: 2, says: "same port",
        "--results")
      try await expect(listen + ["--results", "tcp://127.0.0.1:7170"], status: 2, says: "--listen and --results")
      try await expect(
        ["serve", "--listen", "ipc:///tmp/a", "--results", "ipc:///tmp/a"], status: 2, says: "--listen and --results")
      try await expect(
        ["serve", "--listen", "tcp://127.0.0.1:0", "--http", "192.0.2.1:7190", "--insecure"], status: 69,
        says: "192.0.2.1:7190: this machine does not have the address")
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
