import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("longhaul eval ruler")
  struct Ruler {
    /// As much of the report as is looked at.
    private struct Report: Decodable {
      struct Length: Decodable {
        struct Policy: Decodable { let group_size: Int }
        let length: Int
        let policy: Policy
        let average: Double
      }
      struct Task: Decodable {
        struct Score: Decodable {
          let length: Int
          let score: Double
          let samples: Int
        }
        let task: String
        let metric: String
        let scores: [Score]
      }
      struct Table: Decodable {
        let asked: String
        let effective_length: Int?
        let lengths: [Length]
        let tasks: [Task]
      }
      let threshold: Double
      let prompts: String
      let omitted_tasks: [String]
      let tables: [Table]
    }

    private struct Answer: Decodable {
      let task: String
      let length: Int
      let prompt_tokens: Int
      let references: [String]
    }

    private static let squad = """
      {"data": [{"paragraphs": [{"context": "Leo had a cat.", "qas": [{"question": "Who had a cat?", "answers": \
      [{"text": "Leo"}]}]}]}]}
      """

    @Test("needles and questions are asked at an exact length, the same through two workers as through one")
    func runs() async throws {
      let folder = try ScratchFolder()
      let squad = try folder.write(Self.squad, to: "squad.json")
      var reports: [Data] = []
      for workers in ["1", "2"] {
        let file = folder.path("answers-\(workers)")
        let run = try await Program.run([
          "eval", "ruler", SharedFiles.demo, "--lengths", "513", "--tasks", "niah_multivalue,qa_1",
          "--samples", "1", "--squad", squad, "--policy", "plain,auto", "--workers", workers, "--answers", file,
          "--threshold", "0", "--json",
        ])
        #expect(run.status == 0, "\(run.errors)")
        let answers = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map {
          try JSONDecoder().decode(Answer.self, from: Data($0.utf8))
        }
        #expect(answers.count == 2 * 2)
        for answer in answers {
          #expect(answer.prompt_tokens == answer.length - (answer.task == "qa_1" ? 32 : 128))
          #expect(answer.references.count == (answer.task == "niah_multivalue" ? 4 : 1))
        }
        reports.append(run.output)
      }
      #expect(reports[0] == reports[1])
      let report = try JSONDecoder().decode(Report.self, from: reports[0])
      #expect(report.threshold == 0 && report.prompts == "chat template" && report.omitted_tasks == [])
      #expect(report.tables.map(\.asked) == ["plain", "auto"])
      for table in report.tables {
        #expect(table.effective_length == 513)
        #expect(table.lengths.map(\.length) == [513])
        #expect(table.lengths.allSatisfy { ($0.policy.group_size > 1) == (table.asked == "auto") })
        #expect(table.tasks.map(\.task) == ["niah_multivalue", "qa_1"])
        #expect(table.tasks.map(\.metric) == ["string_match_all", "string_match_part"])
        for (index, length) in table.lengths.enumerated() {
          let mean = table.tasks.reduce(0) { $0 + $1.scores[index].score } / 2
          #expect(abs(length.average - mean) < 1e-6)
        }
      }
    }

    @Test("the table has tasks down, lengths across, the average and the effective length")
    func table() async throws {
      let run = try await Program.run([
        "eval", "ruler", SharedFiles.demo, "--lengths", "640", "--tasks", "niah_single_1", "--samples", "2", "--raw",
        "--threshold", "100",
      ])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("ruler 100 % (2/2)"))
      let lines = run.text.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
      #expect(lines.first?.hasSuffix("2 samples per cell, seed 1, raw prompts") == true)
      #expect(lines.contains { $0.hasPrefix("niah_single_1  ") } && lines.contains { $0.hasPrefix("average  ") })
      #expect(lines.last?.hasPrefix("effective length: ") == true)
    }

    @Test("a task without its file, an unknown one, a short length and a bad option are refused with the remedy")
    func refusals() async throws {
      for (arguments, words) in [
        (["--tasks", "qa_1"], "--squad FILE"), (["--tasks", "qa_2"], "--hotpotqa FILE"),
        (["--tasks", "nope"], "no task 'nope'"), (["--tasks", "vt", "--lengths", "100"], "too few for vt"),
      ] {
        let run = try await Program.run(["eval", "ruler", SharedFiles.demo] + arguments)
        #expect(run.status == 2 && run.errors.contains(words), "\(run.errors)")
      }
      for arguments in [
        ["--samples", "0"], ["--threshold", "101"], ["--lengths", "0"], ["--raw", "--chat-template", "chatml"],
      ] {
        let run = try await Program.run(["eval", "ruler", SharedFiles.demo] + arguments)
        #expect(run.status != 0 && run.errors.contains(arguments[0]), "\(run.errors)")
      }
    }
  }
}
