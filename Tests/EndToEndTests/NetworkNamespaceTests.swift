import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("Over a network")
  struct Network {
    @Test("workers on two hosts give over tcp what a local cluster gives", .needsTwoHosts, arguments: [true, false])
    func twoHosts(hasKeys: Bool) async throws {
      let hosts = try TwoHosts()
      let cluster = try await TwoHostCluster(hosts, hasKeys: hasKeys)
      try cluster.startWorkers()
      let text = try await cluster.completion(
        #"{"prompt": "Once upon a time", "max_tokens": 30, "temperature": 0, "ignore_eos": true}"#)
      let local = try await Program.run([
        "run", SharedFiles.demo, "-p", "Once upon a time", "--max-tokens", "30", "--temperature", "0", "--ignore-eos",
        "--json",
      ])
      #expect(try JSONDecoder().decode(RunOutput.self, from: local.output).text == text)
      #expect(cluster.log("w1").contains("assigned"))
    }

    private struct Shown: Decodable {
      struct Link: Decodable { let megabits_per_second, round_trip_milliseconds: Double }
      struct Stage: Decodable { let link: Link? }
      struct Plan: Decodable { let stages: [Stage] }
      let plan: Plan?
    }

    private static let narrow = CableQuality(delay: .milliseconds(5), megabitsPerSecond: 100)

    @Test(
      "an idle cluster measures the link between its hosts, shows it, and keeps it", .needsSlowCable)
    func link() async throws {
      let cluster = try await TwoHostCluster(try TwoHosts(cable: Self.narrow), hasKeys: true, measures: true)
      func startWorker(_ index: Int) throws {
        try cluster.startWorker(index, isGrouped: index == 1, ["--speed", "1"])
      }
      func shown() async throws -> Shown.Link? {
        let shown = try JSONDecoder().decode(Shown.self, from: Data(try await cluster.status().utf8))
        #expect(shown.plan?.stages.last?.link == nil)
        return shown.plan?.stages.first?.link
      }
      for index in 0..<2 { try startWorker(index) }
      let body = #"{"prompt": "Once upon a time", "max_tokens": 3, "temperature": 0, "ignore_eos": true}"#
      let text = try await cluster.completion(body)
      while try await shown() == nil { try await Task.sleep(for: .milliseconds(100)) }
      let first = try #require(try await shown())
      #expect(first.round_trip_milliseconds >= 10 && (1...110).contains(first.megabits_per_second))
      #expect(cluster.log("w0").contains("link measured"))

      // Its log begins again.
      cluster.kill("w0")
      try startWorker(0)
      #expect(try await cluster.completion(body) == text)
      let second = try #require(try await shown())
      #expect(second.round_trip_milliseconds == first.round_trip_milliseconds)
      #expect(!cluster.log("w0").contains("link measured"))
    }

    @Test("workers find the coordinator of their key by multicast DNS", .needsTwoHosts)
    func discovery() async throws {
      let cluster = try await TwoHostCluster(try TwoHosts(), hasKeys: true, isDiscovered: true)
      try cluster.startWorkers()
      let body = #"{"prompt": "Once upon a time", "max_tokens": 3, "temperature": 0, "ignore_eos": true}"#
      #expect(try await cluster.completion(body).isEmpty == false)
      for worker in ["w0", "w1"] { #expect(cluster.log(worker).contains("found the coordinator")) }
    }
  }
}
