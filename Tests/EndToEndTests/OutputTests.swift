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
      let process = Program.command(
        ["bash", "-c", script], environment: ["L": Program.url.path, "D": folder.url.path])
      let (output, errors) = (folder.url.appendingPathComponent("out"), folder.url.appendingPathComponent("err"))
      for url in [output, errors] { try Data().write(to: url) }
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = try FileHandle(forWritingTo: errors)
      return (
        abs(try await process.runToEnd()), try String(contentsOf: errors, encoding: .utf8),
        try String(contentsOf: output, encoding: .utf8)
      )
    }

    private static let commands = [
      "run -p x --max-tokens 4", "tokenize -p 'a b c'", "inspect", "plan", "--help", "--version",
      "plan --json", "explain --context 4096",
    ]

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

    @Test(
      "a file that a command writes and that finds no room, or no place, is one sentence with the system's reason",
      arguments: [
        ("/dev/full", "No space left on device"), ("$D", "Is a directory"), ("$D/no/l", "No such file or directory"),
        ("/dev/null/l", "Not a directory"),
      ])
    func fullFile(path: String, reason: String) async throws {
      let ended = try await shell("$L run -p x --max-tokens 2 --temperature 0 --logits \"\(path)\"")
      #expect(ended.status == 1 && !ended.output.isEmpty)
      #expect(ended.errors.hasPrefix("longhaul: '") && ended.errors.hasSuffix("' cannot be written: \(reason)\n"))
      #expect(ended.errors.count { $0 == "\n" } == 1, "\(ended.errors)")
    }

    @Test(
      "standard descriptors that are closed belong to no file and no socket of the program's",
      arguments: [
        ("run -p x --max-tokens 4 >&-", 1), ("run -p x --max-tokens 4 2>&-", 0), ("run -p x --max-tokens 4 <&-", 0),
        ("tokenize -p x >&-", 1), ("plan >&- 2>&-", 1), ("run -p x --max-tokens 4 <&- >&- 2>&-", 1), ("--help >&-", 1),
        ("tokenize -f - <&-", 0),
      ])
    func closedDescriptors(command: String, status: Int32) async throws {
      let ended = try await shell("$L \(command)")
      #expect(ended.status == status, "\(ended.errors)")
      let reason = "longhaul: cannot write to standard output: Bad file descriptor; what was written is not complete\n"
      if status != 0, !command.contains("2>&-") { #expect(ended.errors == reason) }
    }

    @Test(
      "a command that measures says each tenth where there is no terminal, and nothing with --quiet",
      arguments: [
        "perplexity --windows 4 --group-size 1", "perplexity --windows 2 --group-size 4 --workers 2",
      ])
    func tenths(command: String) async throws {
      let loud = try await shell("$L \(command)")
      #expect(loud.status == 0)
      let lines = loud.errors.split(separator: "\n")
      #expect(
        lines.count > 1 && lines.allSatisfy { $0.contains(/^longhaul: .* \d+0? % \(\d+\/\d+\)/) }, "\(loud.errors)")
      #expect(lines.last?.contains("100 %") == true)
      let quiet = try await shell("$L \(command) --quiet")
      #expect(quiet.status == 0 && quiet.errors.isEmpty && quiet.output == loud.output, "\(quiet.errors)")
    }

    @Test("a prompt, ids and a policy are read from pipes, devices and standard input, to the same answer")
    func pipes() async throws {
      let wanted = try await shell("$L run -p 'Once upon' --max-tokens 4 --temperature 0")
      #expect(wanted.status == 0 && !wanted.output.isEmpty)
      for script in [
        "$L run -f <(printf 'Once upon') --max-tokens 4 --temperature 0",
        "printf 'Once upon' | $L run -f /dev/stdin --max-tokens 4 --temperature 0",
        "mkfifo $D/p; printf 'Once upon' > $D/p & $L run -f $D/p --max-tokens 4 --temperature 0",
        "exec 3< <(printf 'Once upon'); $L run -f /dev/fd/3 --max-tokens 4 --temperature 0",
        "$L run --token-ids <($L tokenize -p 'Once upon') --max-tokens 4 --temperature 0",
        "$L run -p 'Once upon' --config <(printf 'trained_length: 512\\n') --max-tokens 4 --temperature 0",
      ] {
        let answer = try await shell(script)
        #expect(answer.output == wanted.output && answer.status == 0, "\(script): \(answer.errors)")
      }
    }

    @Test("a folder whose name is not UTF-8 does not stop work in it; a model in it is refused by name")
    func unspeakableFolder() async throws {
      let enter = "mkdir \"$D\"/$'x\\xff' && cd \"$D\"/$'x\\xff' && "
      let works = try await shell(enter + "$L run -p 'Once upon' --max-tokens 2 --temperature 0")
      #expect(works.status == 0 && !works.output.isEmpty, "\(works.errors)")
      let refused = try await shell(enter + "cp '\(SharedFiles.demo)' m.gguf && $L run m.gguf -p x")
      #expect(refused.status == 78 && refused.errors.contains("is not UTF-8 text"), "\(refused.errors)")
    }

    @Test("a model is read from a descriptor that a file is behind")
    func modelDescriptor() async throws {
      let wanted = try await shell("$L run -p 'Once upon' --max-tokens 2 --temperature 0")
      for script in ["$L run /dev/stdin -p 'Once upon'", "$L run /proc/self/fd/0 -p 'Once upon'"] {
        let answer = try await shell("\(script) --max-tokens 2 --temperature 0 < '\(SharedFiles.demo)'")
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

    @Test(
      "bytes that are no UTF-8 are refused wherever text is taken",
      arguments: [
        "$L run -p $'a\\xff'", "$L tokenize -p $'a\\xff'", "printf 'a\\xff' | $L run -f -",
        "printf 'a\\xff' | $L tokenize -f -", "$L perplexity -f <(printf 'a\\xff')", "$L plan $'\\xff.gguf'",
        "$L run -p x --system $'\\xed\\xa0\\x80'",
      ])
    func badText(script: String) async throws {
      let ended = try await shell(script)
      #expect(ended.status == 2 && ended.errors.contains("is not UTF-8 text"), "\(ended.errors)")
    }
  }
}
