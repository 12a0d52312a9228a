import Core
import Testing

@testable import Scheduling

@Suite("Guessed tokens")
struct SpeculationTests {
  @Test("what followed the last three tokens is guessed, where it was last, as far as it is known")
  func lookup() {
    var lookup = PromptLookup()
    let text: [TokenID] = [1, 2, 3, 4, 5, 9, 1, 2, 3, 6, 7, 8, 0]
    #expect(lookup.draft(after: text, limit: 4) == [], "nothing of it stood before")
    #expect(lookup.draft(after: text + [1, 2, 3], limit: 4) == [6, 7, 8, 0])
    #expect(lookup.draft(after: text + [1, 2, 3, 4, 5], limit: 4) == [9, 1, 2, 3])
    var periodic = PromptLookup()
    #expect(periodic.draft(after: [7, 7, 7, 7], limit: 4) == [7])
    #expect(periodic.draft(after: [7], limit: 4) == [] && periodic.draft(after: text, limit: 0) == [])
  }

  private func length(right: Int, of drafted: Int, price: Double) -> Int {
    var length = DraftLength()
    for _ in 0..<30 { length.note(drafted: drafted, accepted: right) }
    return length.tokenCount(price: price)
  }

  @Test("what is right is guessed far ahead, what is dear less far, what is wrong hardly ever")
  func lengths() {
    #expect(length(right: 8, of: 8, price: 0.1) == DraftLength.most)
    #expect(length(right: 3, of: 8, price: 0.1) < DraftLength.most)
    #expect(length(right: 3, of: 8, price: 0.1) > length(right: 3, of: 8, price: 0.4))
    #expect(length(right: 8, of: 8, price: 1.2) == 0, "a batch has no room for guesses")
    var wrong = DraftLength()
    for _ in 0..<30 { wrong.note(drafted: 4, accepted: 0) }
    let tries = (0..<160).map { _ in wrong.tokenCount(price: 0.2) }
    #expect(tries.reduce(0, +) == 10, "one token of sixteen")
  }

  /// Answers by what the text says: a text that repeats itself, or one that never does. Counts steps.
  private func steps(mode: SpeculationMode, period: Int) throws -> (count: Int, tokens: [TokenID]) {
    var scheduler = Scheduler(
      limits: SchedulerLimits(
        stageCount: 1, stepTokenBudget: 64, chunkTokenCount: 32, maximumRunningSequences: 4, maximumWaitingRequests: 4,
        pageCount: 40, contextLength: 2000, speculation: mode))
    var generation = GenerationRequest(prompt: (0..<30).map { TokenID($0 % period) })
    generation.stopTokens = []
    try scheduler.submit(
      ScheduledRequest(
        generation, sequence: SequenceID(1), maximumNewTokens: 200, policy: .plain(trainedLength: 4096)), now: .zero)
    var (count, tokens) = (0, [TokenID]())
    while let step = scheduler.nextStep() {
      count += 1
      let entries = step.entries.map { entry in
        StepCompletion.Entry(
          sequence: entry.sequence,
          sampled: entry.output.sampledRows.map { SampledToken(TokenID((entry.startPosition + $0 + 1) % period)) })
      }
      let seconds = 0.01 * (1 + 0.1 * Double(step.tokenCount))
      for update in try scheduler.complete(
        StepCompletion(step: step.step, entries: entries, slowestStageSeconds: seconds))
      {
        if case .token(_, let sampled) = update { tokens.append(sampled.token) }
      }
    }
    return (count, tokens)
  }

  @Test("text that repeats takes fewer steps, new text as many; the tokens are the same", arguments: [7, 1_000_000])
  func fewer(period: Int) throws {
    let plain = try steps(mode: .off, period: period)
    #expect(plain.tokens.count == 200)
    for mode in [SpeculationMode.auto, .lookup] {
      let guessed = try steps(mode: mode, period: period)
      #expect(guessed.tokens == plain.tokens)
      if period == 7 {
        #expect(guessed.count < plain.count / 3, "\(guessed.count) steps of \(plain.count)")
      } else {
        #expect(guessed.count == plain.count)
      }
    }
  }
}
