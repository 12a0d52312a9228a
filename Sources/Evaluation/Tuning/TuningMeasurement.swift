package import Core

/// Measures the work of a sweep: blocks of text windows and retrieval questions.
package struct TuningMeasurement: Sendable {
  private let tokens: [TokenID]
  private let windows: SlidingWindows
  private let windowsPerBlock: Int
  private let length: Int
  private let questions: RetrievalQuestions
  private let tasks: [RetrievalTask]

  /// - Parameters:
  ///   - windows: of the tuned length.
  ///   - questions: a block has one question of each task at each depth.
  package init(
    tokens: [TokenID], windows: SlidingWindows, windowsPerBlock: Int, tasks: [RetrievalTask],
    questions: RetrievalQuestions
  ) {
    (self.tokens, self.windows, self.windowsPerBlock) = (tokens, windows, windowsPerBlock)
    (self.tasks, self.questions) = (tasks, questions)
    length = windows.longestLength
  }

  /// Number of blocks with distinct windows.
  package var blockCount: Int { windows.ends.count / windowsPerBlock }
  package var requestsPerBlock: Int { windowsPerBlock + tasks.count * questions.depths.count }

  /// Runs a sweep to its end.
  /// - Parameters:
  ///   - elapsed: seconds since the start.
  ///   - progress: receives the sweep after every piece of work.
  package func finish(
    _ sweep: TuningSweep, through batch: EngineBatch, elapsed: () -> Double, progress: (TuningSweep) -> Void
  ) async throws -> TuningSweep {
    var sweep = sweep
    while let work = sweep.nextWork(elapsed: elapsed()) {
      let policy = sweep.candidates[work.candidate].policy
      let prompts = try prompts(block: work.block)
      let windowRequests = windows.requests(
        work.block * windowsPerBlock..<(work.block + 1) * windowsPerBlock, over: tokens, length: length,
        policy: policy)
      let questionRequests = prompts.map { questions.request(for: $0.prompt, $0.task, policy) }
      let outcomes = try await batch.outcomes(of: windowRequests + questionRequests)
      let losses = PerplexityEstimate(logprobs: outcomes.prefix(windowRequests.count).map(\.promptLogprobs))
      let finds = zip(prompts, outcomes.dropFirst(windowRequests.count)).map {
        questions.answer(to: $0.prompt, $1.tokens).isFound
      }
      sweep.record(work, losses: losses.windowLosses, finds: finds)
      progress(sweep)
    }
    return sweep
  }

  private func prompts(block: Int) throws -> [(task: RetrievalTask, prompt: RetrievalPrompt)] {
    try tasks.flatMap { task in
      try questions.prompts(task, length: length, trials: block..<block + 1).map { (task, $0) }
    }
  }

  /// - Throws: `RetrievalRefusal` when the length is too short for the text of a task.
  package func check() throws { _ = try prompts(block: 0) }
}
