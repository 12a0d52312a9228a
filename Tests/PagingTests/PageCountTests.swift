import Core
import Paging
import Testing

@Suite("How many pages sequences take")
struct PageCountTests {
  @Test("grouping costs KV memory of at most w/N more, from 4,096 tokens on")
  func memory() throws {
    for (window, groupSize) in [(512, 8), (1024, 8), (1024, 16), (2048, 8)] {
      let policy = try #require(
        PositionPolicy(groupSize: groupSize, neighborWindow: window, trainedLength: 4096))
      for length in [4096, 8192, 16_384, 32_768] where length > window {
        for chunk in [1, 64, 128, 256] {
          let plain = PageCount.of(tokens: length)
          let grouped = PageCount.of(tokens: length, policy: policy, chunkTokenCount: chunk)
          #expect((grouped - plain) * length <= plain * window)
        }
      }
    }
  }
}
