import Core
import Testing

@testable import Scheduling

@Suite("How much of a prompt a step reads")
struct ChunkSizeTests {
  private func tokens(prompt: Int = 8192, stages: Int = 1, share: Int? = nil, limit: Int = 256) -> Int {
    ChunkSize.tokens(promptCount: prompt, stageCount: stages, share: share, limit: limit)
  }

  @Test("one stage with no decode beside takes as much as it may")
  func alone() { #expect(tokens() == 256) }

  @Test("more stages get smaller chunks of shorter prompts, in whole pages")
  func pipeline() {
    #expect(tokens(prompt: 8192, stages: 2) == 256)
    #expect(tokens(prompt: 2100, stages: 2) == 128)
    #expect(tokens(prompt: 100, stages: 2) == 64)
    #expect(tokens(prompt: 8192, stages: 5) == 128)
    #expect(tokens(prompt: 8192, stages: 2, limit: 7) == 7)
  }

  @Test("beside others that decode a step takes what these bear, and something always")
  func shared() {
    #expect(tokens(stages: 2, share: 5) == 5)
    #expect(tokens(share: 1000) == 256)
    #expect(tokens(share: 0) == 1)
  }
}
