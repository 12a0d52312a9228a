import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("longhaul eval")
  struct Eval {
    /// As much of the report as is looked at.
    private struct Report: Decodable {
      struct Task: Decodable {
        let task: String
        let answers: Int
        let cut_prompts: Int
        let grouped_prompts: Int
        let longest_prompt_tokens: Int
      }
      let context_length: Int
      let prompts: String
      let tasks: [Task]
    }

    /// One short record, one beyond the demo model's window, one beyond the context.
    private static func records() -> String {
      let filler = "The river ran past the old house. "
      return [0, 40, 400].map { count in
        """
        {"input": "What ran?", "context": "\(String(repeating: filler, count: count))", "answers": ["The river"], \
        "length": 1, "all_classes": null}
        """
      }.joined(separator: "\n")
    }

    @Test("LongBench and L-Eval records are answered through two workers, as through one, and reported")
    func runs() async throws {
      let folder = try ScratchFolder()
      _ = try folder.write(Self.records(), to: "hotpotqa.jsonl")
      _ = try folder.write(
        #"{"input": "A text.", "instructions": ["Q?", "P?"], "outputs": ["A", "B"], "evaluation": "exam"}"#,
        to: "tpo.jsonl")
      let prompts = try folder.write(#"{"hotpotqa": "{context}\n{input}"}"#, to: "prompts.json")
      var answers: [String] = []
      for workers in ["1", "2"] {
        let file = folder.path("answers-\(workers)")
        let run = try await Program.run([
          "eval", "longbench", SharedFiles.demo, "--data", folder.url.path, "--prompts", prompts, "--context", "1000",
          "--workers", workers, "--answers", file, "--json",
        ])
        #expect(run.status == 0, "\(run.errors)")
        let report = try JSONDecoder().decode(Report.self, from: run.output)
        #expect(report.context_length == 1000 && report.prompts == "given")
        let task = try #require(report.tasks.first)
        #expect(report.tasks.count == 1 && task.task == "hotpotqa")
        #expect(task.answers == 3 && task.cut_prompts == 1 && task.grouped_prompts == 2)
        #expect(task.longest_prompt_tokens == 1000 - 32)
        answers.append(try String(contentsOfFile: file, encoding: .utf8))
      }
      #expect(answers[0] == answers[1])
      #expect(answers[0].split(separator: "\n").count == 3)
      let leval = try await Program.run([
        "eval", "leval", SharedFiles.demo, "--data", folder.url.path, "--context", "1000", "--limit", "1",
      ])
      #expect(leval.status == 0, "\(leval.errors)")
      #expect(leval.text.contains("TOEFL") && leval.text.contains("built-in prompts"))
    }

    @Test("a folder without tasks and a damaged record are usage errors with a message")
    func refusals() async throws {
      let folder = try ScratchFolder()
      let empty = try await Program.run(["eval", "longbench", SharedFiles.demo, "--data", folder.url.path])
      #expect(empty.status == 2 && empty.errors.contains("narrativeqa.jsonl"))
      _ = try folder.write("{}", to: "trec.jsonl")
      let damaged = try await Program.run(["eval", "longbench", SharedFiles.demo, "--data", folder.url.path])
      #expect(damaged.status == 2 && damaged.errors.contains("line 1"))
    }
  }
}
