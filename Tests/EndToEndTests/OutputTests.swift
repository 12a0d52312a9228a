import Fixtures
import Foundation
import TestTraits
import Testing

extension EndToEnd {
  @Suite("Output that cannot be written, input that comes through pipes, limits that are too low")
  struct Output {
    /// What a shell says of a script in which `$L` is the program: its last status and what came on stderr.
    private func shell(_ script: String) async throws -> (status: Int32, errors: String, output: String) {
      let folder = try ScratchFolder()
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["bash", "-c", script]
      let (output, errors) = (folder.url.appendingPathComponent("out"), folder.url.appendingPathComponent("err"))
      for url in [output, errors] { try Data().write(to: url) }
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      process.environment = ProcessInfo.processInfo.environment.merging(
        ["L": Program.url.path, "D": folder.url.path, "SWIFT_BACKTRACE": "enable=no"]) { $1 }
      let status = try await withCheckedThrowingContinuation { continuation in
        process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
        do { try process.run() } catch { continuation.resume(throwing: error) }
      }
      return (
        status, try String(contentsOf: errors, encoding: .utf8), try String(contentsOf: output, encoding: .utf8)
      )
    }

    private static let commands = ["run -p x --max-tokens 4", "tokenize -p 'a b c'", "inspect", "plan", "--help"]

    @Test("a closed pipe ends every command without a word, as head expects", arguments: commands)
    func closedPipe(command: String) async throws {
      // The reader is gone before the first byte is written.
      let ended = try await shell("set -o pipefail; { sleep 0.2; $L \(command); } | true")
      #expect(ended.status == 141 && ended.errors.isEmpty, "\(ended.errors)")
    }

    @Test("a full disk is one sentence", arguments: commands)
    func fullDisk(command: String) async throws {
      let ended = try await shell("$L \(command) > /dev/full")
      #expect(ended.status == 1)
      #expect(
        ended.errors
          == "longhaul: cannot write to standard output: No space left on device; what was written is not complete\n")
    }

    @Test("a prompt, ids and a policy are read from pipes, devices and standard input, to the same answer")
    func pipes() async throws {
      let wanted = try await shell("$L run -p 'Once upon' --max-tokens 4 --temperature 0")
      #expect(wanted.status == 0 && !wanted.output.isEmpty)
      for script in [
        "$L run -f <(printf 'Once upon') --max-tokens 4 --temperature 0",
        "printf 'Once upon' | $L run -f /dev/stdin --max-tokens 4 --temperature 0",
        "mkfifo $D/p; printf 'Once upon' > $D/p & $L run -f $D/p --max-tokens 4 --temperature 0",
        "$L run --token-ids <($L tokenize -p 'Once upon') --max-tokens 4 --temperature 0",
        "$L run -p 'Once upon' --config <(printf 'trained_length: 512\\n') --max-tokens 4 --temperature 0",
      ] {
        let answer = try await shell(script)
        #expect(answer.output == wanted.output && answer.status == 0, "\(script): \(answer.errors)")
      }
    }

    @Test(
      "too few open files are a sentence with both numbers, before anything starts",
      arguments: [
        (200, "run -p x"), (24, "run -p x"), (24, "serve --http 127.0.0.1:0"),
        (24, "worker --coordinator tcp://127.0.0.1:1"),
      ])
    func fewDescriptors(limit: Int, command: String) async throws {
      let ended = try await shell("ulimit -n \(limit); $L \(command)")
      #expect(ended.status == 69 && ended.output.isEmpty)
      #expect(ended.errors.contains("open files, and the limit is \(limit); raise it"), "\(ended.errors)")
    }

    @Test("bytes that are no UTF-8 are refused wherever text is taken")
    func badText() async throws {
      for script in [
        "$L run -p $'a\\xff'", "$L tokenize -p $'a\\xff'", "printf 'a\\xff' | $L run -f -",
        "printf 'a\\xff' | $L tokenize -f -", "$L perplexity -f <(printf 'a\\xff')", "$L plan $'\\xff.gguf'",
      ] {
        let ended = try await shell(script)
        #expect(ended.status == 2 && ended.errors.contains("is not UTF-8 text"), "\(script): \(ended.errors)")
      }
    }
  }
}
