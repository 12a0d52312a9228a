import Testing
import Wire

@testable import WeightDistribution

@Suite("What probes say of a link")
struct LinkProbesTests {
  /// Of a link that carries so many bytes a second after half the round trip.
  private static func probe(rate: Double, roundTrip: Duration) -> (figures: LinkFigures?, batches: [LinkProbes.Batch]) {
    var probes = LinkProbes()
    var batches: [LinkProbes.Batch] = []
    while let batch = probes.next {
      batches.append(batch)
      // The first of several trips is slower: the connection is made.
      let delay = batches.count == 1 ? roundTrip * 3 : roundTrip
      probes.answered(in: delay + .seconds(Double(batch.count * batch.byteCount) / rate))
    }
    return (probes.figures, batches)
  }

  @Test("rate and round trip come out as they are", arguments: [1e5, 1e7, 1.25e8, 3e9], [0.0001, 0.02, 0.2])
  func figures(rate: Double, seconds: Double) throws {
    let figures = try #require(Self.probe(rate: rate, roundTrip: .seconds(seconds)).figures)
    #expect(abs(figures.roundTripSeconds / seconds - 1) < 1e-6)
    // A transfer that is far shorter than the trip cannot be separated from it.
    let isTransferLong = Double(16 * WireLimits.blockByteCount) / rate > seconds / 9
    #expect(isTransferLong ? abs(figures.bytesPerSecond / rate - 1) < 1e-3 : figures.bytesPerSecond < rate)
  }

  @Test("a slow link is asked for little, a quick one for at most 16 blocks")
  func amounts() {
    let slow = Self.probe(rate: 1e5, roundTrip: .milliseconds(20)).batches
    #expect(slow.filter { $0.byteCount > 0 } == [LinkProbes.Batch(count: 1, byteCount: 64 << 10)])
    let quick = Self.probe(rate: 1e12, roundTrip: .microseconds(50)).batches
    #expect(quick.last == LinkProbes.Batch(count: 16, byteCount: WireLimits.blockByteCount))
  }

  @Test("nothing is said before the end, nor of a clock that stands still")
  func none() {
    #expect(LinkProbes().figures == nil)
    var probes = LinkProbes()
    while probes.next != nil { probes.answered(in: .zero) }
    #expect(probes.figures == nil)
  }
}
