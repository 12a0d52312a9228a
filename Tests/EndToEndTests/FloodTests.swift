import Fixtures
import Foundation
import Testing

extension EndToEnd {
  /// `LONGHAUL_FLOOD_CONNECTIONS` says how many connections each port gets; somewhat more than it keeps unless set.
  @Suite("More connections than a port keeps, while clients are served")
  struct Floods {
    private static let connectionCount =
      ProcessInfo.processInfo.environment["LONGHAUL_FLOOD_CONNECTIONS"].flatMap { Int($0) } ?? 1200
    private static let body = #"{"prompt": "Once upon a time", "max_tokens": 60, "temperature": 0, "ignore_eos": true}"#

    @Test(
      "connections that stay change no answer, take few descriptors and little memory, and are forgotten",
      arguments: [true, false])
    func flood(hasKeys: Bool) async throws {
      let cluster = try await SecuredCluster(hasKeys: hasKeys)
      try await cluster.start()
      let expected = try await cluster.completion(Self.body)
      let processes = cluster.workers + [try #require(cluster.coordinator)]
      for process in processes {
        for port in Listeners.of(process.processIdentifier).map(\.port) {
          let before = Soak.Holdings(of: process)
          let isHTTP = Int(port) == cluster.port
          // Half of them speak as a peer without keys would; over HTTP all are silent.
          let flood = await Task.detached {
            (0..<Self.connectionCount).compactMap {
              RawConnection(port: port, saying: isHTTP || $0 % 2 == 0 ? [] : PeerWords.opening(as: "PUSH"))
            }
          }.value
          var pauses: [Double] = []
          for _ in 0..<3 {
            let start = ContinuousClock.now
            #expect(try await cluster.completion(Self.body) == expected)
            pauses.append(Self.seconds(ContinuousClock.now - start))
          }
          let during = Soak.Holdings(of: process)
          print(
            "flood: \(flood.count) connections at \(isHTTP ? "http" : "port \(port)"), keys \(hasKeys): "
              + "\(during.descriptors - before.descriptors) more descriptors, "
              + "\((during.residentKilobytes - before.residentKilobytes) >> 10) MiB more, answers in "
              + pauses.map { String(format: "%.2f", $0) }.joined(separator: ", ") + " s")
          #expect(during.descriptors <= before.descriptors + 1100)
          #expect(during.residentKilobytes <= before.residentKilobytes + (64 << 10))
          withExtendedLifetime(flood) {}
        }
      }
      for process in processes {
        let deadline = ContinuousClock.now + .seconds(20)
        while Soak.Holdings(of: process).descriptors > 200, ContinuousClock.now < deadline {
          try await Task.sleep(for: .milliseconds(50))
        }
        #expect(process.isRunning && Soak.Holdings(of: process).descriptors <= 200)
      }
      #expect(try await cluster.completion(Self.body) == expected)
      #expect((cluster.log("c") + cluster.log("w0")).contains("too many"))
      #expect(!cluster.log("c").contains("the plan is over"))
    }

    private static func seconds(_ duration: Duration) -> Double {
      let (seconds, attoseconds) = duration.components
      return Double(seconds) + Double(attoseconds) * 1e-18
    }
  }
}
