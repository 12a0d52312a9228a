import Core
import Testing
import Tokenization

@testable import Evaluation

@Suite("RULER's scores")
struct RulerScoreTests {
  @Test("all: the share of references that the answer contains; part: whether it has one; case does not count")
  func metrics() {
    let all = RulerTask.Metric.all
    #expect(all.score(" They are 12, 34 and 56.", references: ["12", "34", "99", "56"]) == 0.75)
    #expect(all.score("abcde XYZ", references: ["ABCDE", "xyz"]) == 1)
    #expect(all.score("", references: ["1"]) == 0)
    let part = RulerTask.Metric.part
    #expect(part.score("It is the elbe.", references: ["a river", "Elbe"]) == 1)
    #expect(part.score("It is the Oder.", references: ["a river", "Elbe"]) == 0)
    #expect(RulerTask.allCases.filter { $0.metric == .part } == [.squad, .hotpot])
    #expect(RulerTask.allCases.map(\.answerTokenCount) == Array(repeating: 128, count: 8) + [30, 120, 50, 32, 32])
  }

  private func cell(_ task: RulerTask, _ length: Int, _ scores: [Double]) throws -> RulerMeasurement.Cell {
    let policy = try #require(PositionPolicy(groupSize: 1, neighborWindow: 0, trainedLength: 256))
    return RulerMeasurement.Cell(
      value: RulerMeasurement.Case(task: task, setting: .plain, policy: policy, length: length),
      answers: scores.map {
        RulerMeasurement.Answer(text: "", references: [""], score: $0, promptTokenCount: 0)
      })
  }

  @Test("the effective length is the highest whose average over tasks is at the threshold")
  func effectiveLength() throws {
    let cells = try [
      cell(.variables, 1024, [1, 1]), cell(.singleNoise, 1024, [1, 0.5]), cell(.singleNoise, 512, [1, 1]),
      cell(.variables, 512, [1, 0.8]), cell(.singleNoise, 2048, [0, 1]), cell(.variables, 2048, [1, 0]),
    ]
    let table = try #require(RulerTable.tables(cells).first)
    #expect(table.tasks == [.singleNoise, .variables] && table.lengths == [512, 1024, 2048])
    #expect(abs(table.average(512) - 95) < 1e-9 && table.average(1024) == 87.5 && table.average(2048) == 50)
    #expect(table.effectiveLength(threshold: 85.6) == 1024)
    #expect(table.effectiveLength(threshold: 87.5) == 1024)
    #expect(table.effectiveLength(threshold: 50) == 2048)
    #expect(table.effectiveLength(threshold: 96) == nil)
  }

  @Test("every policy gets the same prompts, the scores are the engine's, for any number of requests in flight")
  func measurement() async throws {
    let tokenizer = try ByteModel.tokenizer()
    let measurement = try RulerMeasurement(
      tasks: [.singleNoise, .fourValues], settings: [.plain, .automatic], lengths: [1024, 1500], sampleCount: 3,
      trainedLength: 256, tokenizer: tokenizer, builder: RulerTexts.builder(tokenizer))
    try measurement.check()
    #expect(measurement.requestCount == 2 * 2 * 2 * 3)
    // Grouped, the first number of seven digits is the answer; plain attention answers nothing.
    let engine = FunctionEngine(answer: { request, policy in
      guard policy.groups else { return [] }
      let digits = request.prompt.split { !(51...60).contains($0) }.first { $0.count == 7 }
      return Array(digits ?? [])
    })
    var first: [RulerMeasurement.Cell]?
    for concurrency in [1, 3] {
      var seen: [Int] = []
      let cells = try await measurement.cells(through: EngineBatch(engine: engine, concurrency: concurrency)) {
        seen.append($0)
      }
      #expect(seen == Array(1...24))
      #expect(cells.count == 8)
      for cell in cells {
        let share = cell.value.task == .singleNoise ? 100.0 : 25
        #expect(cell.estimate.mean == (cell.value.policy.groups ? share : 0), "\(cell.value)")
        #expect(cell.answers.allSatisfy { $0.promptTokenCount == cell.value.length - 128 })
      }
      #expect(cells[0].answers.map(\.references) == cells[4].answers.map(\.references))
      #expect(first == nil || first == cells)
      first = cells
    }
  }
}

@Suite("The largest size that fits")
struct LargestFitTests {
  @Test("it is found in few measurements, wherever it is, also where lengths jump")
  func search() {
    for room in [10, 11, 99, 1000, 123_456] {
      for (slope, jump) in [(1, 0), (7, 0), (23, 500)] {
        var measured = 0
        func length(_ size: Int) -> Int { 10 + slope * (size - 3) + (size > 40 ? jump : 0) }
        let fit = LargestFit(sizes: 3...1_000_000, room: room) {
          measured += 1
          return length($0)
        }
        let size = fit.size ?? 0
        #expect(length(size) <= room && length(size + 1) > room)
        #expect(measured < 40, "\(room) \(slope) \(jump)")
      }
    }
    #expect(LargestFit(sizes: 3...9, room: 5) { $0 }.size == 5)
    #expect(LargestFit(sizes: 3...9, room: 50) { $0 }.size == 9)
    #expect(LargestFit(sizes: 3...3, room: 3) { $0 }.size == 3)
    #expect(LargestFit(sizes: 3...9, room: 2) { $0 }.size == nil)
  }
}
