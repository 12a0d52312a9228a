import Fixtures
import Foundation
import WeightDistribution
import TestTraits
import Testing
import Wire

@testable import Worker

@Suite("Fetching weights", .ownThread)
struct FetcherTests {
  private static let block = WireLimits.blockByteCount
  private static let sizes = [100, 3 * block + 5, block, 8192, 2 * block, 1] + Array(repeating: 777, count: 20)
  private let parts: [(content: HashedContent, bytes: [UInt8])]
  private let scratch: ScratchFolder

  init() throws {
    scratch = try ScratchFolder()
    parts = try Self.sizes.enumerated().map { index, size in
      let bytes = (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 7 ^ $0 >> 9) &+ index) }
      var hashes: [UInt8] = []
      for start in stride(from: 0, to: size, by: Self.block) {
        hashes += ContentID(of: bytes[start..<min(start + Self.block, size)]).bytes
      }
      return (try #require(HashedContent(byteCount: size, blockHashes: hashes)), bytes)
    }
  }

  private var folder: String { scratch.path("cache") }

  private var table: [ContentID: [UInt8]] {
    Dictionary(parts.map { ($0.content.id, $0.bytes) }) { first, _ in first }
  }

  /// A busy machine is no slow worker, and where every block is to be asked for once, it must not use the patience up.
  private static var calm: FetchPlan.Settings {
    var settings = FetchPlan.Settings()
    settings.peerTimeout = .seconds(60)
    return settings
  }

  /// Fetches everything, and checks that it is there. Returns what was said of workers.
  @discardableResult
  private func fetchAll(
    _ coordinator: ScriptedCoordinator, peers: [ScriptedCoordinator] = [], settings: FetchPlan.Settings = calm
  ) throws -> [String] {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let warnings = try fetchOnce(coordinator, peers: peers, settings: settings)
    let store = BlobStore(folder: folder)
    for part in parts {
      let stored = FileManager.default.contents(atPath: store.path(of: part.content.id)).map { ContentID(of: $0) }
      #expect(stored == ContentID(of: part.bytes))
    }
    #expect(try store.entries().allSatisfy { $0.id != nil })
    return warnings
  }

  @discardableResult
  private func fetchOnce(
    _ coordinator: ScriptedCoordinator, peers: [ScriptedCoordinator] = [], settings: FetchPlan.Settings = calm,
    cancellation: Cancellation = Cancellation(), progress: @escaping (Int) -> Void = { _ in }
  ) throws -> [String] {
    let connections = coordinator.connections(peers: peers)
    defer { connections.close() }
    var warnings: [String] = []
    try Fetcher(
      connections: connections, store: BlobStore(folder: folder), cancellation: cancellation, asksPeers: true,
      settings: settings, warn: { warnings.append($0) }, progress: { count, _ in progress(count) }
    ).fetch(parts.map(\.content))
    return warnings
  }

  @Test("what is lacking comes, and what is there is not asked for")
  func coldAndWarm() throws {
    let coordinator = try ScriptedCoordinator(table)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var total = 0
    try fetchOnce(coordinator) { total += $0 }
    #expect(total == Self.sizes.reduce(0, +))
    let asked = coordinator.asked
    #expect(asked.count == Set(asked).count)
    try fetchOnce(coordinator)
    #expect(coordinator.asked == asked)
  }

  @Test(
    "answers that are lost, lie once, or come beside what nobody asked for are made good",
    arguments: [
      ScriptedCoordinator.Conduct.silent, .lying, .chatty, .breaking,
    ])
  func repaired(conduct: ScriptedCoordinator.Conduct) throws {
    // Only here: where every block is to be asked for once, a busy machine must not use the patience up.
    var settings = FetchPlan.Settings()
    settings.retryInterval = .milliseconds(300)
    try fetchAll(
      try ScriptedCoordinator(table) { index, _ in index == 2 || index == 9 ? conduct : .honest }, settings: settings)
  }

  @Test("tensors that are alike are fetched once")
  func alike() throws {
    let coordinator = try ScriptedCoordinator(table)
    let connections = coordinator.connections()
    defer { connections.close() }
    var total = 0
    try Fetcher(
      connections: connections, store: BlobStore(folder: folder), cancellation: Cancellation(), settings: Self.calm,
      progress: { count, _ in total += count }
    ).fetch([0, 3, 0, 5, 1, 3, 1].map { parts[$0].content })
    #expect(total == [0, 3, 0, 5, 1, 3, 1].reduce(0) { $0 + Self.sizes[$1] })
    #expect(coordinator.asked.count == Set(coordinator.asked).count)
    #expect(try BlobStore(folder: folder).entries().count == 4)
  }

  @Test("a block that always lies, and a refusal, end in words")
  func inWords() throws {
    let lies = #expect(throws: FetchPlan.Failure.self) {
      try fetchAll(try ScriptedCoordinator(table) { index, range in range.offset == Self.block ? .lying : .honest })
    }
    #expect(lies.map { "\($0)" }?.contains("not what its manifest says") ?? false)
    let refusal = #expect(throws: FetchPlan.Failure.self) {
      try fetchAll(try ScriptedCoordinator(table) { _, _ in .refusing })
    }
    #expect(refusal.map { "\($0)" }?.contains("on fire") ?? false)
    var missing = table
    missing[parts[1].content.id] = nil
    #expect(throws: FetchPlan.Failure.refused("it is not here")) { try fetchAll(try ScriptedCoordinator(missing)) }
  }

  private var byteCount: Int { Self.sizes.reduce(0, +) }

  private func askedByteCount(_ source: ScriptedCoordinator) -> Int { source.asked.reduce(0) { $0 + $1.byteCount } }

  @Test("what workers have is taken from them, and from the coordinator only what they have not")
  func fromWorkers() throws {
    let coordinator = try ScriptedCoordinator(table)
    let all = try ScriptedCoordinator(table)
    #expect(try fetchAll(coordinator, peers: [all]).isEmpty)
    #expect(coordinator.asked.isEmpty)
    #expect(askedByteCount(all) == byteCount)
    var half = table
    half[parts[1].content.id] = nil
    #expect(try fetchAll(coordinator, peers: [try ScriptedCoordinator([:]), try ScriptedCoordinator(half)]).isEmpty)
    #expect(askedByteCount(coordinator) == parts[1].bytes.count)
  }

  @Test(
    "a worker that lies, says nothing, breaks off or sends what nobody asked for costs no byte",
    arguments: [
      ScriptedCoordinator.Conduct.silent, .lying, .chatty, .breaking, .refusing,
    ])
  func badWorkers(conduct: ScriptedCoordinator.Conduct) throws {
    var settings = Self.calm
    if conduct == .silent { settings.peerTimeout = .milliseconds(300) }
    // One that says so much that its own answers find no room is left, too, sooner or later.
    if conduct == .chatty { settings.peerTimeout = .seconds(1) }
    for first in [0, 3] {
      let coordinator = try ScriptedCoordinator(table)
      let worker = try ScriptedCoordinator(table) { index, _ in index >= first ? conduct : .honest }
      let warnings = try fetchAll(coordinator, peers: [worker], settings: settings)
      switch conduct {
      case .chatty: break
      case .refusing: #expect(warnings.isEmpty)
      default: #expect(warnings.count == 1 && warnings[0].contains("is asked no more"))
      }
      if conduct != .chatty { #expect(askedByteCount(coordinator) > byteCount / 2) }
    }
  }

  @Test("a worker that nobody reaches costs its patience, and is named")
  func unreachable() throws {
    let coordinator = try ScriptedCoordinator(table)
    var gone: ScriptedCoordinator? = try ScriptedCoordinator(table)
    let connections = coordinator.connections(peers: [try #require(gone)])
    gone = nil
    var settings = Self.calm
    settings.peerTimeout = .milliseconds(300)
    defer { connections.close() }
    var warnings: [String] = []
    try Fetcher(
      connections: connections, store: BlobStore(folder: folder), cancellation: Cancellation(), asksPeers: true,
      settings: settings, warn: { warnings.append($0) }, progress: { _, _ in }
    ).fetch(parts.map(\.content))
    #expect(warnings.count == 1 && warnings[0].contains("too long"))
    #expect(askedByteCount(coordinator) == byteCount)
  }

  @Test("a transfer that waits for an answer ends as soon as it is cancelled")
  func cancelled() throws {
    var settings = FetchPlan.Settings()
    settings.retryInterval = .seconds(3600)
    settings.silenceTimeout = .seconds(3600)
    let cancellation = Cancellation()
    let coordinator = try ScriptedCoordinator(table) { _, _ in
      cancellation.cancel()
      return .silent
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: Cancelled.self) {
      try fetchOnce(coordinator, settings: settings, cancellation: cancellation)
    }
  }

  @Test("a transfer that is cut anywhere is gone on with, and no block is fetched twice")
  func resumed() throws {
    let coordinator = try ScriptedCoordinator(table)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var arrived = 0
    for limit in [1, 600_000, 1_500_000, 2_500_000] {
      arrived = 0
      let cancellation = Cancellation()
      #expect(throws: Cancelled.self) {
        try fetchOnce(coordinator, cancellation: cancellation) { count in
          arrived += count
          if arrived >= limit { cancellation.cancel() }
        }
      }
    }
    let before = coordinator.asked.count
    try fetchOnce(coordinator)
    // At least what had arrived last is not asked for again.
    let later = coordinator.asked.dropFirst(before)
    #expect(later.reduce(0) { $0 + $1.byteCount } <= Self.sizes.reduce(0, +) - 2_500_000 + Self.block)
    try fetchAll(coordinator)
  }

  @Test("the manifest is waited for while it is made, fetched, kept, and checked as a whole")
  func manifest() throws {
    let manifest = ModelManifest(
      files: [.init(name: "m", byteCount: 5000, header: parts[0].content)],
      tensors: (0..<20_000).map { .init(name: "tensor \($0)", fileIndex: 0, content: parts[0].content) })
    let bytes = manifest.encoded()
    #expect(bytes.count > Self.block)
    let id = ContentID(of: bytes)
    let news: [ManifestNews] = [.inTheMaking(0.25), .inTheMaking(0.5), .ready(id, byteCount: bytes.count)]
    defer { try? FileManager.default.removeItem(atPath: folder) }
    func fetch(_ coordinator: ScriptedCoordinator) throws -> (BlobStore.StoredManifest, [Double]) {
      let connections = coordinator.connections()
      defer { connections.close() }
      var shares: [Double] = []
      let fetcher = ManifestFetcher(
        connections: connections, store: BlobStore(folder: folder), cancellation: Cancellation())
      return (try fetcher.manifest(known: nil) { shares.append($0) }, shares)
    }
    let lying = try ScriptedCoordinator([id: bytes], news: news) { index, _ in index == 0 ? .lying : .honest }
    #expect(throws: FetchPlan.Failure.self) { _ = try fetch(lying) }
    let honest = try ScriptedCoordinator([id: bytes], news: news)
    let (first, shares) = try fetch(honest)
    #expect(first.id == id)
    #expect(shares == [0.25, 0.5])
    let asked = honest.asked.count
    #expect(try fetch(honest).0.manifest.tensors.count == 20_000)
    #expect(honest.asked.count == asked)
    #expect(throws: FetchPlan.Failure.refused("its file is gone")) {
      _ = try fetch(try ScriptedCoordinator([:], news: [.failed("its file is gone")]))
    }
  }
}
