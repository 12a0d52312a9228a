import Fixtures
import Foundation
import Logging
import Synchronization
import TestTraits
import Testing
import Transport
import WeightDistribution
import Wire

@testable import Worker

@Suite("Measuring links", .ownThread, .timeLimit(.minutes(2)))
struct LinkSearchTests {
  /// What a search asked for and reported.
  private final class Record: Sendable {
    let asked = Mutex<[String]>([])
    let reported = Mutex<[MeasuredLink]>([])
    let progress = Mutex<UInt64?>(1)

    var askedNames: [String] { asked.withLock { $0 } }
    var reportedNames: [String] { reported.withLock { $0.map(\.worker) } }

    func search(_ scratch: ScratchFolder, measures: Bool = true) -> LinkSearch {
      LinkSearch(
        of: "w1", measures: measures,
        file: KeptFile(
          BlobStore(folder: scratch.path("cache")), folder: "links", key: "w1",
          byteLimit: KeptLinks.maximumByteCount, disk: PosixDisk()),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        progress: { [self] in progress.withLock { $0 } },
        measure: { [self] peer, _ in
          asked.withLock { $0.append(peer.name) }
          return peer.name == "w9" ? nil : LinkFigures(bytesPerSecond: 1e8, roundTripSeconds: 0.001)
        },
        report: { [self] link in reported.withLock { $0.append(link) } })
    }

    func waitForReports(_ count: Int) async throws {
      while reportedNames.count < count { try await Task.sleep(for: .milliseconds(10)) }
    }
  }

  private static func peer(_ name: String, _ endpoint: String = "tcp://10.0.0.2:7002") -> WeightPeer {
    WeightPeer(endpoint: endpoint, key: [], name: name)
  }

  @Test("each link to a later name is measured once, reported and kept")
  func measured() async throws {
    let scratch = try ScratchFolder()
    let record = Record()
    let search = record.search(scratch)
    defer { search.stop() }
    search.allow(true)
    let others = [
      Self.peer("w0"), Self.peer("w2"), Self.peer("w9"), Self.peer("w3"), Self.peer("w4", "ipc:///run/w4"),
      Self.peer(""),
    ]
    search.update(others)
    try await record.waitForReports(2)
    #expect(Set(record.reportedNames) == ["w2", "w3"])
    #expect(search.measured.map(\.worker) == ["w2", "w3"])

    let again = Record()
    let second = again.search(scratch)
    defer { second.stop() }
    #expect(second.measured == search.measured)
    second.allow(true)
    second.update(others + [Self.peer("w5")])
    try await again.waitForReports(1)
    #expect(again.reportedNames == ["w5"])
    #expect(Set(again.askedNames).isDisjoint(with: ["w0", "w1", "w2", "w3", "w4", ""]))
  }

  @Test("a worker that has a step in hand, or loads, measures nothing until it is idle")
  func busy() async throws {
    let record = Record()
    let search = record.search(try ScratchFolder())
    defer { search.stop() }
    search.update([Self.peer("w2")])
    try await Task.sleep(for: .milliseconds(1200))
    #expect(record.askedNames.isEmpty, "it is not allowed")
    record.progress.withLock { $0 = nil }
    search.allow(true)
    try await Task.sleep(for: .milliseconds(1200))
    #expect(record.askedNames.isEmpty, "a step is in hand")
    record.progress.withLock { $0 = 7 }
    try await record.waitForReports(1)
  }

  @Test("one that is not to measure knows what is kept")
  func disabled() async throws {
    let record = Record()
    let search = record.search(try ScratchFolder(), measures: false)
    defer { search.stop() }
    search.allow(true)
    search.update([Self.peer("w2")])
    try await Task.sleep(for: .milliseconds(1200))
    #expect(record.askedNames.isEmpty && search.measured.isEmpty)
  }

  @Test("a worker answers probes where it serves weights")
  func probe() throws {
    let loop = try SocketLoop(name: "sockets")
    defer { loop.stop() }
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    func exchange() throws -> WeightExchange {
      try WeightExchange(
        .init(
          coordinator: try Endpoint("tcp://127.0.0.1:1"), data: try Endpoint("tcp://127.0.0.1:0"),
          weights: try Endpoint("tcp://127.0.0.1:0")),
        blobs: LocalBlobs(disk: PosixDisk()), loop: loop, logger: logger)
    }
    let (here, there) = (try exchange(), try exchange())
    defer {
      here.stop()
      there.stop()
    }
    let endpoint = try #require(there.endpoint?.description)
    let figures = try #require(try here.measureLink(to: Self.peer("w2", endpoint), cancellation: Cancellation()))
    #expect(WireLimits.linkRates.contains(figures.bytesPerSecond) && figures.roundTripSeconds > 0)
    #expect(try here.measureLink(to: Self.peer("w2", "no endpoint"), cancellation: Cancellation()) == nil)
    let canceled = Cancellation()
    canceled.cancel()
    #expect(throws: Cancelled.self) { try here.measureLink(to: Self.peer("w2", endpoint), cancellation: canceled) }
  }
}
