import Fixtures

@testable import Scheduling

extension SchedulerLimits {
  /// Limits of a scheduler under random load.
  /// - Parameter grows: whether sequences take pages as they grow.
  static func random(stageCount: Int, grows: Bool, using random: inout SeededGenerator) -> SchedulerLimits {
    SchedulerLimits(
      stageCount: stageCount, stepTokenBudget: Int.random(in: 1...300, using: &random),
      chunkTokenCount: Int.random(in: 1...200, using: &random),
      maximumRunningSequences: Int.random(in: (grows ? 3 : 1)...12, using: &random),
      maximumWaitingRequests: Int.random(in: 0...10, using: &random),
      pageCount: Int.random(in: grows ? 4...14 : 1...60, using: &random), contextLength: 2000,
      maximumStepEntries: Int.random(in: 1...10, using: &random), adaptsChunks: Bool.random(using: &random),
      growsPages: grows)
  }
}
