import Tensors
import Testing

@Suite("Limits of the machine")
struct MachineLimitsTests {
  @Test("every rate is a number that this century's machines have")
  func rates() throws {
    let limits = try MachineLimits.measure(threadCount: 1, byteCount: 8 << 20)
    for rate in [limits.readBytesPerSecond, limits.floatOperationsPerSecond, limits.int8OperationsPerSecond] {
      #expect(rate > 1e7 && rate < 1e15)
    }
    #expect(limits.threadCount == 1)
  }
}
