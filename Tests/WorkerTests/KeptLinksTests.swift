import Testing
import WeightDistribution
import Wire

@testable import Worker

@Suite("The links that a host keeps")
struct KeptLinksTests {
  private static let peer = WeightPeer(endpoint: "tcp://10.0.0.2:7002", key: [], name: "w 2")
  private static let figures = LinkFigures(bytesPerSecond: 116_500_000, roundTripSeconds: 0.0004)
  private static let kept: KeptLinks = {
    var kept = KeptLinks(of: "w1")
    kept.insert(figures, to: peer, time: 1_796_083_200)
    kept.insert(figures, to: WeightPeer(endpoint: "tcp://[::1]:1", key: [], name: "w3"), time: 5)
    return kept
  }()

  @Test("are read as they were written, and are text")
  func roundTrip() {
    #expect(KeptLinks(Self.kept.bytes, of: "w1") == Self.kept)
    #expect(
      String(decoding: Self.kept.bytes, as: UTF8.self).hasPrefix(
        """
        longhaul links 1
        of w1
        116500000.0 0.0004 1796083200 tcp://10.0.0.2:7002 w 2
        116500000.0 0.0004 5 tcp://[::1]:1 w3
        checksum \

        """))
    #expect(KeptLinks(KeptLinks(of: "w1").bytes, of: "w1") == KeptLinks(of: "w1"))
  }

  @Test("are none with any byte changed, cut off or added, and for another worker")
  func damage() {
    let bytes = Self.kept.bytes
    #expect(KeptLinks(bytes, of: "w2") == nil)
    for index in bytes.indices {
      #expect(KeptLinks(Array(bytes[..<index]), of: "w1") == nil)
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << bit
        #expect(KeptLinks(damaged, of: "w1") == nil)
      }
    }
    #expect(KeptLinks(bytes + [10], of: "w1") == nil)
  }

  @Test("last a day, and hold for the place where the other worker was")
  func freshness() {
    let time = 1_796_083_200
    #expect(!Self.kept.lacks(Self.peer, time: time) && !Self.kept.lacks(Self.peer, time: time + 86_399))
    #expect(Self.kept.lacks(Self.peer, time: time + 86_400))
    #expect(Self.kept.lacks(Self.peer, time: time - 1), "the clock was set back")
    #expect(Self.kept.lacks(WeightPeer(endpoint: "tcp://10.0.0.3:7002", key: [], name: "w 2"), time: time))
    #expect(Self.kept.lacks(WeightPeer(endpoint: Self.peer.endpoint, key: [], name: "w4"), time: time))
  }

  @Test("are at most as many as there are workers; the oldest goes")
  func limit() {
    var kept = KeptLinks(of: "w")
    for number in 0..<100 {
      kept.insert(Self.figures, to: WeightPeer(endpoint: "tcp://h:1", key: [], name: "p\(number)"), time: number)
    }
    #expect(kept.links.count == 64 && kept.links["p35"] == nil && kept.links["p36"] != nil)
    #expect(KeptLinks(kept.bytes, of: "w") == kept)
  }
}
