import Cluster
import Core
import Fixtures
import Testing
import Transport
import Wire

@testable import Coordinator

@Suite("Which workers are notified of each other, and of the stages that they may get")
struct PeerNoticesTests {
  private static func peer(_ number: UInt8, incarnation: UInt64 = 1) -> Peer {
    Peer(
      id: PeerID([number]),
      registration: WorkerRegistration(
        name: "w\(number)", incarnation: incarnation, build: "test", offer: .sample(),
        dataEndpoint: "ipc:///tmp/d\(number)", weightsEndpoint: "ipc:///tmp/w\(number)"),
      key: nil)
  }

  private static func maker(_ peers: [String: Peer]) throws -> AssignmentMaker {
    AssignmentMaker(
      configuration: ClusterConfiguration(
        model: .small(layers: 2),
        checkpoint: .init(
          modelID: "none", paths: ["none"], fingerprint: "none",
          footprint: WeightFootprint(layerByteCounts: [1, 1], embeddingByteCount: 1, headByteCount: 1)),
        network: .init(control: try Endpoint("ipc:///tmp/c"), results: try Endpoint("ipc:///tmp/r")),
        demand: KVDemand(elementType: .i16, contextLength: 64, sequenceCount: 1, chunkTokenCount: 16), workerCount: 2,
        build: "test"),
      resultEndpoint: try Endpoint("ipc:///tmp/r"), peers: peers, servedEpoch: PlanEpoch(3))
  }

  /// Two stages of a layer each, on w1 and w2.
  private static func plan() throws -> LayerPlan {
    let stages = try (0..<2).map { index in
      StagePlacement(
        worker: "w\(index + 1)", layers: try #require(LayerRange(lower: index, upper: index + 1)),
        hasEmbedding: index == 0, hasHead: index == 1, weightByteCount: 1, kvByteCount: 1)
    }
    return LayerPlan(stages: stages, reasons: [], pageCount: 7)
  }

  @Test("each worker gets the others, once, until one of them restarts")
  func others() throws {
    var notices = PeerNotices()
    var peers = ["w1": Self.peer(1), "w2": Self.peer(2)]
    let first = notices.peers(peers).sorted { $0.peer.bytes[0] < $1.peer.bytes[0] }
    #expect(first.map(\.peer) == [PeerID([1]), PeerID([2])])
    #expect(
      first.map(\.message) == [
        .peers([WeightPeer(endpoint: "ipc:///tmp/w2", key: [], name: "w2")]),
        .peers([WeightPeer(endpoint: "ipc:///tmp/w1", key: [], name: "w1")]),
      ])
    #expect(notices.peers(peers).isEmpty)
    peers["w2"] = Self.peer(2, incarnation: 2)
    #expect(notices.peers(peers).count == 2)
  }

  @Test("each standby gets every stage of a plan, once, and starts with another one")
  func standbys() throws {
    var notices = PeerNotices()
    let plan = try Self.plan()
    var standbys = ["w3": Self.peer(3), "w4": Self.peer(4)]
    let maker = try Self.maker(["w1": Self.peer(1), "w2": Self.peer(2)].merging(standbys) { first, _ in first })
    func stages(_ epoch: PlanEpoch) -> [[Int]] {
      notices.stages(of: plan, epoch, standbys: standbys, maker).map { notice in
        guard case .expectStage(let assignment) = notice.message else { return [] }
        return [Int(notice.peer.bytes[0]), assignment.place.index]
      }
    }
    #expect(stages(PlanEpoch(5)) == [[3, 0], [3, 1], [4, 1], [4, 0]])
    #expect(stages(PlanEpoch(5)) == [])
    standbys["w4"] = Self.peer(4, incarnation: 2)
    #expect(stages(PlanEpoch(5)).map(\.[0]) == [4, 4])
    #expect(stages(PlanEpoch(6)).count == 4)
  }

  @Test("an assignment names the next stage's endpoint, the last one the coordinator's")
  func links() throws {
    let maker = try Self.maker(["w1": Self.peer(1), "w2": Self.peer(2)])
    let assignments = try (0..<2).map { maker.assignment($0, of: try Self.plan(), PlanEpoch(5)) }
    #expect(assignments.map(\.links.nextEndpoint) == ["ipc:///tmp/d2", "ipc:///tmp/r"])
    #expect(assignments.map(\.place.isFirst) == [true, false] && assignments.map(\.place.isLast) == [false, true])
    #expect(assignments.allSatisfy { $0.previousEpoch == PlanEpoch(3) && $0.cache.pageCount == 7 })
  }
}
