import Fixtures
import Core
import WeightDistribution
import Synchronization
import TestTraits
import Testing
import Transformer
import Wire

@testable import Worker

/// What is asked for while something else is in hand is asked for by the coordinator's thread, at the very question: a
/// load gives up its coordinator after 45 s, which no test's own next line may have to come before.
@Suite("Loading stages on a thread of their own", .ownThread, .timeLimit(.minutes(5)))
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

  /// What a coordinator does when it is asked for one block.
  private final class Reaction: Sendable {
    private let act = Mutex<(@Sendable () -> Void)?>(nil)

    func set(_ act: @escaping @Sendable () -> Void) { self.act.withLock { $0 = act } }
    /// Does it, the first time only.
    func happen() {
      let act = act.withLock { act in
        defer { act = nil }
        return act
      }
      act?()
    }
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

  @Test("a load that nothing waits for any more ends at once and delivers nothing")
  func superseded() async throws {
    let (outcome, reaction) = (Outcome(), Reaction())
    // The first block never comes.
    let coordinator = try ScriptedCoordinator(try sample.table(), news: [sample.news]) { index, _ in
      if index == 0 { reaction.happen() }
      return index == 0 ? .silent : .honest
    }
    let loader = loader(coordinator, outcome)
    defer { loader.stop() }
    let next = try sample.assignment(epoch: 2)
    reaction.set { [sink = outcome.sink] in
      loader.load(next) { stage in sink.yield(.loaded(stage.epoch.rawValue)) }
    }
    try load(loader, epoch: 1, outcome)
    var events = outcome.events.makeAsyncIterator()
    #expect(await events.next() == .loaded(2))
  }

  @Test("weights that are fetched in advance make way for a load, which finds what has come")
  func aheadMakesWay() async throws {
    let (outcome, reaction) = (Outcome(), Reaction())
    let coordinator = try ScriptedCoordinator(try sample.table(), news: [sample.news]) { index, _ in
      if index == 4 { reaction.happen() }
      return index == 4 ? .silent : .honest
    }
    let loader = loader(coordinator, outcome)
    defer { loader.stop() }
    let next = try sample.assignment(epoch: 2)
    reaction.set { [sink = outcome.sink] in
      loader.load(next) { stage in sink.yield(.loaded(stage.epoch.rawValue)) }
    }
    loader.fetchAhead(try sample.assignment(epoch: 1))
    var events = outcome.events.makeAsyncIterator()
    #expect(await events.next() == .ahead("stopped: there is something else to do"))
    #expect(await events.next() == .loaded(2))
    // What had come is not asked for again: in advance one block is fetched after the other.
    let asked = coordinator.asked
    #expect(asked.count > 4 && Set(asked[..<4]).isDisjoint(with: asked[4...]))
  }

  @Test("a load that fails says so, and the next one is none the worse")
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
