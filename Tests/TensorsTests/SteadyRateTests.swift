import Tensors
import Testing

@Suite("The rate of repeated work")
struct SteadyRateTests {
  /// A clock that work moves on.
  private final class Clock {
    var now: Int64 = 7
    var runs = 0
  }

  private func rate(_ settings: SteadyRate = SteadyRate(), _ cost: (Int) -> Int64) -> (rate: Double, Clock) {
    let clock = Clock()
    let rate = settings.measure(now: { clock.now }) {
      clock.now += cost(clock.runs)
      clock.runs += 1
    }
    return (rate, clock)
  }

  @Test("is that of the best window, and the first run counts in none")
  func best() {
    #expect(rate { _ in 1_000_000 }.rate == 1000)
    // A slow first run, then one window that is disturbed.
    #expect(rate { $0 == 0 ? 900_000_000 : $0 <= 75 ? 4_000_000 : 1_000_000 }.rate == 1000)
  }

  @Test("counts a quota of time in full: half of every 100 ms gives half of the rate")
  func quota() {
    // 50 ms of work in steps of 1 ms, then a step that waits for the next period.
    #expect(abs(rate { $0 % 50 == 49 ? 51_000_000 : 1_000_000 }.rate - 500) < 10)
  }

  @Test("begins no window after the limit, and has one at least")
  func limit() {
    let (slow, clock) = rate { _ in 4_000_000_000 }
    #expect(slow == 0.25 && clock.runs == 2)
  }

  @Test("ends when it is stopped, before the next run")
  func stopped() {
    let clock = Clock()
    let rate = SteadyRate().measure(now: { clock.now }, isStopped: { clock.runs == 3 }) {
      clock.now += 1_000_000
      clock.runs += 1
    }
    #expect(clock.runs == 3 && rate == 1000)
    #expect(SteadyRate().measure(now: { clock.now }, isStopped: { true }) { clock.runs += 1 } == 0)
    #expect(clock.runs == 3)
  }

  @Test("ends where the clock stands still")
  func standing() {
    #expect(rate { _ in 0 }.rate.isFinite)
  }
}
