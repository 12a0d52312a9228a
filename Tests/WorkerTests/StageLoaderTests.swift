import Fixtures
import Core
import WeightDistribution
import Synchronization
import Testing
import Transformer
import Wire

@testable import Worker

@Suite("Loading stages on a thread of their own")
struct StageLoaderTests {
  private let sample: SharedSample

  init() throws { sample = try SharedSample() }

  /// What a loader delivers and reports, in order.
  private struct Outcome: Sendable {
    enum Event: Equatable, Sendable {
      case loaded(UInt32)
      case failed(UInt32)
      case ahead(String)
    }

    let events: AsyncStream<Event>
    let sink: AsyncStream<Event>.Continuation

    init() { (events, sink) = AsyncStream.makeStream() }
  }

  private func loader(_ coordinator: ScriptedCoordinator, _ outcome: Outcome) -> StageLoader {
    let loader = StageLoader(
      checkpoints: CheckpointSettings(cache: BlobStore(folder: sample.scratch.path("cache"))), threadCount: 1,
      device: CPUDevice(threadCount: 1, packsFirst: true), blobs: LocalBlobs()
    ) { [sink = outcome.sink] epoch, report in
      switch report {
      case .load: break
      case .ahead(let text): if !text.hasPrefix("fetching") { sink.yield(.ahead(text)) }
      case .failed: sink.yield(.failed(epoch.rawValue))
      }
    }
    loader.start { coordinator.connections() }
    return loader
  }

  private func load(_ loader: StageLoader, epoch: UInt32, _ outcome: Outcome) throws {
    loader.load(try sample.assignment(epoch: epoch)) { [sink = outcome.sink] stage in
      sink.yield(.loaded(stage.epoch.rawValue))
    }
  }

  @Test("a load that nothing waits for any more ends at once and delivers nothing", .timeLimit(.minutes(1)))
  func superseded() async throws {
    let outcome = Outcome()
    let (asked, isAsked) = AsyncStream<Void>.makeStream()
    // The first block never comes, which a load waits 45 s for.
    let coordinator = try ScriptedCoordinator(try sample.table(), news: [sample.news]) { index, _ in
      if index == 0 { isAsked.yield() }
      return index == 0 ? .silent : .honest
    }
    let loader = loader(coordinator, outcome)
    defer { loader.stop() }
    try load(loader, epoch: 1, outcome)
    for await _ in asked { break }
    try load(loader, epoch: 2, outcome)
    var events = outcome.events.makeAsyncIterator()
    #expect(await events.next() == .loaded(2))
  }

  @Test("weights that are fetched in advance make way for a load, which finds what has come", .timeLimit(.minutes(1)))
  func aheadMakesWay() async throws {
    let outcome = Outcome()
    let (asked, isAsked) = AsyncStream<Void>.makeStream()
    let coordinator = try ScriptedCoordinator(try sample.table(), news: [sample.news]) { index, _ in
      if index == 4 { isAsked.yield() }
      return index == 4 ? .silent : .honest
    }
    let loader = loader(coordinator, outcome)
    defer { loader.stop() }
    loader.fetchAhead(try sample.assignment(epoch: 1))
    for await _ in asked { break }
    try load(loader, epoch: 2, outcome)
    var events = outcome.events.makeAsyncIterator()
    #expect(await events.next() == .ahead("stopped: there is something else to do"))
    #expect(await events.next() == .loaded(2))
    // All but the block that never came was asked for once.
    #expect(coordinator.asked.count == Set(coordinator.asked).count + 1)
  }

  @Test("a load that fails says so, and the next one is none the worse", .timeLimit(.minutes(1)))
  func failed() async throws {
    let outcome = Outcome()
    let coordinator = try ScriptedCoordinator(try sample.table(), news: [sample.news]) { index, _ in
      index == 0 ? .refusing : .honest
    }
    let loader = loader(coordinator, outcome)
    defer { loader.stop() }
    var events = outcome.events.makeAsyncIterator()
    try load(loader, epoch: 1, outcome)
    #expect(await events.next() == .failed(1))
    try load(loader, epoch: 2, outcome)
    #expect(await events.next() == .loaded(2))
  }
}
