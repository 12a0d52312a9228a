import Foundation
import WeightDistribution
import Synchronization
import Transport
import Wire

@testable import Worker

/// A coordinator or a worker that serves weights, and does to each answer what a test wants.
final class ScriptedCoordinator: Sendable {
  enum Conduct {
    case honest
    case silent
    case lying
    case refusing
    /// Answers, and sends besides what nobody asked for.
    case chatty
    /// The connection breaks, and another is to be had.
    case breaking
  }

  private struct State {
    var socket: SocketID?
    var asked: [ContentRange] = []
    var news: [ManifestNews] = []
    var newsCount = 0
  }

  private let loop: SocketLoop
  private let endpoint: Endpoint
  private let contents: [ContentID: [UInt8]]
  private let conduct: @Sendable (_ index: Int, ContentRange) -> Conduct
  private let state = Mutex(State())
  private let restart = DispatchQueue(label: "restart")

  init(
    _ contents: [ContentID: [UInt8]], news: [ManifestNews] = [],
    conduct: @escaping @Sendable (_ index: Int, ContentRange) -> Conduct = { _, _ in .honest }
  ) throws {
    loop = try SocketLoop(name: "scripted")
    endpoint = try Endpoint("ipc://\(NSTemporaryDirectory())/lh-\(UUID().uuidString.prefix(8))")
    self.contents = contents
    self.conduct = conduct
    state.withLock { $0.news = news }
    try open()
  }

  deinit { loop.stop() }

  /// What was asked for, in order.
  var asked: [ContentRange] { state.withLock { $0.asked } }

  /// How often it was asked for its manifest.
  var newsCount: Int { state.withLock { $0.newsCount } }

  /// Connections to it, and to others as workers.
  func connections(peers: [ScriptedCoordinator] = []) -> FetchConnections {
    FetchConnections(loop: loop, coordinator: specification, peers: peers.map(\.specification))
  }

  private var specification: SocketSpecification {
    var specification = SocketSpecification(kind: .dealer, role: .connect(endpoint))
    specification.linger = .zero
    return specification
  }

  private func open() throws {
    let socket = try loop.open(
      SocketSpecification(kind: .router, role: .bind(endpoint)),
      onMessage: { [weak self] message, peer in self?.hear(message, peer) })
    state.withLock { $0.socket = socket }
  }

  private func hear(_ message: Message, _ peer: PeerID?) {
    guard let first = message.frames.first, let peer,
      let decoded = try? first.withUnsafeBytes({ try WorkerMessage(decoding: $0) })
    else { return }
    switch decoded {
    case .fetchManifest:
      let news = state.withLock { state in
        state.newsCount += 1
        return state.news.count > 1 ? state.news.removeFirst() : state.news.first
      }
      if let news { send(.manifest(news), nil, peer) }
    case .fetchBlock(let range):
      let index = state.withLock { state in
        state.asked.append(range)
        return state.asked.count - 1
      }
      answer(range, conduct(index, range), peer)
    default: break
    }
  }

  private func answer(_ range: ContentRange, _ conduct: Conduct, _ peer: PeerID) {
    guard let bytes = contents[range.content], range.offset + range.byteCount <= bytes.count else {
      return send(.blockRefused(range.content, offset: range.offset, reason: "it is not here"), nil, peer)
    }
    var block = Array(bytes[range.offset..<range.offset + range.byteCount])
    switch conduct {
    case .honest: send(.block(range), block, peer)
    case .silent: break
    case .lying:
      block[block.count / 2] ^= 1
      send(.block(range), block, peer)
    case .refusing: send(.blockRefused(range.content, offset: range.offset, reason: "the disk is on fire"), nil, peer)
    case .chatty:
      let stranger = ContentRange(content: ContentID(of: [1]), offset: 0, byteCount: 3)
      send(.block(stranger), [1, 2, 3], peer)
      send(.block(ContentRange(content: range.content, offset: range.offset + 1, byteCount: 1)), [1], peer)
      send(.block(ContentRange(content: range.content, offset: .max, byteCount: 1)), [1], peer)
      send(.blockRefused(stranger.content, offset: 0, reason: "no"), nil, peer)
      send(.rejoin(reason: "?"), nil, peer)
      if let socket = state.withLock({ $0.socket }) { try? loop.send(Message([0xFF, 0xFF]), on: socket, to: peer) }
      send(.block(range), block, peer)
      send(.block(range), block, peer)
    case .breaking:
      // Not from a callback.
      restart.async { [self] in
        if let socket = state.withLock({ $0.socket }) { loop.close(socket) }
        try? open()
      }
    }
  }

  private func send(_ message: CoordinatorMessage, _ bytes: [UInt8]?, _ peer: PeerID) {
    guard let socket = state.withLock({ $0.socket }) else { return }
    let frames = [Frame(message.encoded())] + (bytes.map { [Frame($0)] } ?? [])
    try? loop.send(Message(frames: frames), on: socket, to: peer)
  }
}
