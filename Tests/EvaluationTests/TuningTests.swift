import Evaluation
import Core
import Testing

@Suite("Tuning")
struct TuningTests {
  private func policy(_ groupSize: Int, _ window: Int) throws -> PositionPolicy {
    try #require(PositionPolicy(groupSize: groupSize, neighborWindow: window, trainedLength: 256))
  }

  /// Runs a sweep whose samples are functions of candidate, block and place.
  private func run(
    _ sweep: TuningSweep, losses: (Int, Int) -> [Double], finds: (Int, Int) -> [Bool],
    elapsed: (Int) -> Double = { _ in 0 }
  ) -> TuningSweep {
    var sweep = sweep
    var count = 0
    while let work = sweep.nextWork(elapsed: elapsed(count)) {
      sweep.record(work, losses: losses(work.candidate, work.block), finds: finds(work.candidate, work.block))
      count += 1
    }
    return sweep
  }

  @Test("candidates admit the length, divide their window, start with the automatic policy, and are distinct")
  func candidates() throws {
    let candidates = TuningCandidates.list(length: 2048, trainedLength: 256)
    let automatic = try PolicyChoice.forLength(2048, trainedLength: 256).policy
    #expect(candidates.first == automatic)
    #expect(Set(candidates).count == candidates.count)
    #expect(candidates.count > 6)
    for candidate in candidates {
      #expect(candidate.longestLength >= 2048)
      #expect(candidate.neighborWindow % candidate.groupSize == 0)
    }
    #expect(TuningCandidates.list(length: 1 << 20, trainedLength: 256).isEmpty)
    let others = TuningCandidates.list(length: 512, trainedLength: 256, methods: [.reRoPE, .jetLong])
    #expect(
      others.map(\.name) == [
        "8x64", "rerope:16", "rerope:32", "rerope:64", "rerope:128", "jet-long:2,16", "jet-long:2,32", "jet-long:2,64",
        "jet-long:2,128",
      ])
  }

  @Test("every candidate gets the same blocks; clearly worse ones are dropped, the others continue to the end")
  func rounds() throws {
    let sweep = TuningSweep(
      candidates: [try policy(8, 32), try policy(16, 32), try policy(32, 32)], limits: .init(blockCount: 5))
    let finished = run(
      sweep,
      losses: { candidate, block in
        let extra: Double = candidate == 2 ? 1 : 0
        return (0..<4).map { (place: Int) -> Double in 2 + extra + 0.1 * Double((block + place) % 3) }
      },
      finds: { _, _ in [true, false] })
    #expect(finished.roundCount == 5)
    #expect(finished.candidates[2].droppedAfter == 2)
    #expect(finished.candidates[0].losses.count == 20 && finished.candidates[1].losses.count == 20)
    let ranking = TuningRanking(finished.candidates)
    // Equal to the last digit: tied, and reported as such.
    #expect(ranking.ranked.map(\.policy.groupSize) == [8, 16, 32])
    #expect(ranking.ranked.map(\.isTied) == [false, true, false])
    let automatic = try policy(16, 32)
    let advice = try #require(ranking.recommendation(automatic: automatic))
    #expect(advice.isAutomatic && advice.policy.groupSize == 16 && !advice.isSure)
    #expect(advice.sentences.joined().contains("8x32"))
  }

  @Test("retrieval ranks before perplexity")
  func findingFirst() throws {
    let sweep = TuningSweep(candidates: [try policy(8, 32), try policy(16, 32)], limits: .init(blockCount: 4))
    let finished = run(
      sweep,
      losses: { candidate, block in
        let less: Double = candidate == 0 ? 1 : 0
        return (0..<4).map { (place: Int) -> Double in 2 - less + 0.01 * Double(block * place) }
      },
      finds: { candidate, block in [candidate == 1, candidate == 1 || block == 0] })
    let ranking = TuningRanking(finished.candidates)
    #expect(ranking.ranked.first?.policy.groupSize == 16)
    #expect(ranking.retrievalCounts)
    let advice = try #require(ranking.recommendation(automatic: nil))
    #expect(advice.policy.groupSize == 16 && !advice.isAutomatic)
  }

  @Test("a significant lead is reported as such")
  func sure() throws {
    let sweep = TuningSweep(candidates: [try policy(8, 32), try policy(16, 32)], limits: .init(blockCount: 3))
    let finished = run(
      sweep,
      losses: { candidate, block in
        let extra: Double = Double(candidate) * 0.2
        return (0..<4).map { (place: Int) -> Double in extra + Double((place * 7 + block) % 5) }
      },
      finds: { _, _ in [false] })
    let ranking = TuningRanking(finished.candidates)
    #expect(!ranking.retrievalCounts)
    #expect(ranking.recommendation(automatic: nil)?.isSure == true)
  }

  @Test("limits of requests and time end the sweep, but never before the first block of every candidate")
  func limits() throws {
    let candidates = try [policy(8, 32), policy(16, 32), policy(32, 32)]
    let samples: (Int, Int) -> [Double] = { _, block in [2, 2.5, 3, 2 + Double(block)] }
    let byCount = run(
      TuningSweep(candidates: candidates, limits: .init(blockCount: 9, requestCount: 32)), losses: samples,
      finds: { _, _ in [] })
    // Two whole rounds of three times four; the third would not be whole.
    #expect(byCount.candidates.map(\.losses.count) == [8, 8, 8])
    #expect(byCount.roundCount == 2)
    let byTime = run(
      TuningSweep(candidates: candidates, limits: .init(blockCount: 9, seconds: 5)), losses: samples,
      finds: { _, _ in [] }, elapsed: { Double($0) * 100 })
    #expect(byTime.candidates.map(\.losses.count) == [4, 4, 4])
    #expect(byTime.progress(elapsed: 700) == 1)
  }

  @Test("the same trials give the same ranking for any number of requests in flight")
  func measurement() async throws {
    let tokenizer = try ByteModel.tokenizer()
    let tokens = (0..<1500).map { TokenID(3 + $0 * 7 % 250) }
    let windows = try SlidingWindows(tokenCount: 1500, longestLength: 1024, stride: 32, count: nil)
    let questions = RetrievalQuestions(
      depths: [0.2, 0.8], tokenizer: tokenizer,
      builder: RetrievalPromptBuilder(
        tokenizer: tokenizer, filler: try FillerText(RetrievalWording.filler, tokenizer: tokenizer), seed: 3))
    let task = try RetrievalTask(keyCount: 1, digitCount: 5, wording: .passkey)
    let measurement = TuningMeasurement(
      tokens: tokens, windows: windows, windowsPerBlock: 3, tasks: [task], questions: questions)
    #expect(measurement.blockCount == 5 && measurement.requestsPerBlock == 5)
    let engine = FunctionEngine(
      answer: { request, policy in
        guard policy.groupSize != 16 else { return [70] }
        return Array(request.prompt.drop { !(51...60).contains($0) }.prefix { (51...60).contains($0) })
      },
      logprob: { request, policy, index in -Float(request.prompt[index] % 9) - Float(policy.groupSize) / 64 })
    let candidates = try [policy(8, 32), policy(16, 32), policy(32, 32)]
    var first: TuningRanking?
    for concurrency in [1, 2, 3] {
      let sweep = try await measurement.finish(
        TuningSweep(candidates: candidates, limits: .init(blockCount: measurement.blockCount, requestCount: 60)),
        through: EngineBatch(engine: engine, concurrency: concurrency), elapsed: { 0 }, progress: { _ in })
      let ranking = TuningRanking(sweep.candidates)
      #expect(ranking.ranked.map(\.policy.groupSize) == [8, 32, 16])
      #expect(first == nil || first == ranking)
      first = ranking
    }
  }
}
