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
