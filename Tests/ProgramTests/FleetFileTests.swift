import Cluster
import Core
import Testing

@testable import longhaul

@Suite("Machines that need not exist")
struct FleetFileTests {
  private func reason(_ text: String) -> String? {
    do throws(FleetFile.Refusal) {
      _ = try FleetFile(Array(text.utf8))
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("a list of machines becomes workers in its order, several of a kind numbered")
  func workers() throws {
    let fleet = try FleetFile(
      Array(
        """
        - {name: small, memory: 16GiB, bandwidth: 20, gflops: 115}
        - name: big
          memory: 64GiB
          bandwidth: 200
          gflops: 1150
          count: 2
        """.utf8))
    let workers = fleet.resources()
    #expect(workers.map(\.name) == ["small", "big-1", "big-2"])
    #expect(workers[2].offer.memoryByteCount == 64 << 30)
    #expect(workers[0].offer.speed == StageSpeed(prefill: 1, decode: 1))
    #expect(workers[1].offer.speed == StageSpeed(prefill: 10, decode: 10))
  }

  @Test("what is missing, unknown or out of range is named with its line")
  func refusals() {
    let whole = "- name: a\n  memory: 1GiB\n  bandwidth: 20\n  gflops: 100\n"
    #expect(reason(whole) == nil)
    #expect(reason(whole + "  cuont: 2\n") == "line 5: unknown key 'cuont'; did you mean count?")
    #expect(reason("- name: a\n  memory: 1GiB\n  gflops: 1\n") == "line 1: the machine has no bandwidth")
    #expect(reason(whole + "  count: 0\n") == "line 5: count is '0'; it must be a whole number from 1 to 64")
    for wrong in ["0", "-1", "nan", "inf", "1e300", "fast", ""] {
      let text = whole.replacing("bandwidth: 20", with: "bandwidth: \(wrong)")
      #expect(reason(text)?.contains("line 3: bandwidth is") == true)
    }
    #expect(reason(whole + "  count: 40\n" + whole + "  count: 40\n")?.contains("more than 64 machines") == true)
    for text in ["", "[]", "name: a", "- a", "[[[", "- &a {name: *a}"] {
      #expect(reason(text)?.contains("alias") == true || reason(text)?.contains("no YAML list") == true)
    }
  }

  @Test("links are stated for two machines or kinds, or for one machine to any other")
  func links() throws {
    let fleet = try FleetFile(
      Array(
        """
        - {name: big, memory: 64GiB, bandwidth: 200, gflops: 1150, count: 2, network: 10000, round_trip: 0.2}
        - {name: old, memory: 16GiB, bandwidth: 20, gflops: 115, network: 1000}
        - {between: [big-2, old], network: 94}
        - {between: [big, big], round_trip: 0.1}
        """.utf8))
    let links = fleet.workerLinks()
    #expect(fleet.resources().map(\.name) == ["big-1", "big-2", "old"])
    #expect(links["big-1", "old"] == WorkerLink(bytesPerSecond: 125e6, roundTripSeconds: 0.0002))
    #expect(links["old", "big-2"] == WorkerLink(bytesPerSecond: 11.75e6, roundTripSeconds: 0.0002))
    #expect(links["big-1", "big-2"] == WorkerLink(bytesPerSecond: 1.25e9, roundTripSeconds: 0.0001))
  }

  @Test("a link that names no machine of the list, one machine twice, or no figure is refused with what is wrong")
  func linkRefusals() {
    let machines =
      "- {name: big, memory: 1GiB, bandwidth: 20, gflops: 100, count: 2}\n"
      + "- {name: old, memory: 1GiB, bandwidth: 20, gflops: 100}\n"
    #expect(
      reason(machines + "- {between: [big, odl], network: 94}")
        == "line 3: a link names 'odl', which no machine of the list is called; did you mean old?; it has big, old")
    #expect(
      reason(machines + "- {between: [old, old], network: 94}")
        == "line 3: 'old' is one machine, which has no link with itself")
    #expect(reason(machines + "- {between: [big, old]}")?.contains("neither network (Mbit/s) nor round_trip") == true)
    for names in ["[big]", "[big, old, big]", "big", "[big, [old]]"] {
      #expect(reason(machines + "- {between: \(names), network: 94}")?.contains("must be two names") == true)
    }
    #expect(reason(machines + "- {between: [big, old], network: -1}")?.contains("network is '-1'") == true)
    #expect(reason(machines + "- {between: [big, old], bandwith: 1}")?.contains("unknown key 'bandwith'") == true)
  }

  @Test("a workload is three counts, and none that a cluster cannot have")
  func workloads() {
    #expect(Workload(argument: "30000:1000:4")?.contextLength == 31_000)
    for text in ["", "1:2", "1:2:3:4", "a:1:1", "0:1:1", "1:0:1", "1:1:0", "-1:1:1", "99999999999999999999:1:1"] {
      #expect(Workload(argument: text) == nil)
    }
  }

  @Test("lengths whose room is shown are the planned one and those that the policy admits")
  func lengths() {
    #expect(PlanCommand.lengths(context: 6000, longest: 9000) == [512, 2048, 6000, 8192])
    #expect(PlanCommand.lengths(context: 300, longest: 300) == [300])
  }
}
