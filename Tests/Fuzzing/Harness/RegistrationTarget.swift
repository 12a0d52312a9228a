import Glibc
import Core
import Logging
import Synchronization
import Transport
import Wire

@testable import Cluster
@testable import Coordinator
@testable import WeightDistribution

enum RegistrationTarget {
  /// Messages of several connections, one after the other, through the coordinator's own handler; requests for blocks
  /// through the model it publishes.
  static let registration = FuzzTarget(name: "registration") {
    let parts = Samples.workerMessages.map { [UInt8(1)] + InputReader.written($0.encoded()) }
    var honest = Samples.registration
    honest.offer.numericsID = NumericsID.current
    honest.dataEndpoint = "tcp://127.0.0.1:5555"
    let joined = [UInt8(0)] + InputReader.written(WorkerMessage.register(honest).encoded())
    return parts + [joined + parts.joined(), joined + joined]
  } run: { bytes in
    guard let engine else { return require(false, "an engine can be made") }
    begin(engine)
    var reader = InputReader(bytes)
    while !reader.isEmpty {
      let peer = PeerID([reader.byte() & 3])
      guard let message = try? reader.part().withUnsafeBytes({ try WorkerMessage(decoding: $0) }) else { continue }
      switch message {
      case .fetchBlock(let range):
        if let reader = try? sharedModel?.reader(of: range) {
          var buffer = [UInt8](repeating: 0, count: range.byteCount)
          buffer.withUnsafeMutableBytes { try? reader.fill($0) }
        }
      default: engine.driver.handle(.worker(message, peer, nil))
      }
      engine.driver.handle(.tick)
      answer(engine.driver)
      let names = engine.driver.state.withLock { Array($0.peers.keys) }
      require(names.count <= 4, "no more workers than connections")
      let lengths = names.map(\.utf8.count)
      require(lengths.allSatisfy { (1...WireLimits.maximumNameByteCount).contains($0) }, "workers have names")
    }
  }

  /// Threads and sockets of one engine serve all inputs.
  private static let engine = {
    let engine = try? ClusterEngine(configuration: engineConfiguration(), logger: silent)
    // No input needs the events, such as second answers of the planner; they must not pile up.
    if let engine { Task { for await _ in engine.driver.events.stream {} } }
    return engine
  }()

  /// Answers the plan question that is open, if any: at once, so that an input means the same every time.
  private static func answer(_ driver: ClusterDriver) {
    let question: PlanQuestion? = driver.state.withLock { state in
      switch state.control.state {
      case .planning(_, let question): question
      case .serving(let serving): serving.replan?.question
      case .gathering, .rollingOut, .failed: nil
      }
    }
    if let question { driver.handle(.planned(question.answer())) }
  }

  /// No worker has registered, and no link is open.
  private static func begin(_ engine: ClusterEngine) {
    let driver = engine.driver
    let planner = engine.configuration.planner
    let link = driver.state.withLock { state in
      let link = state.nextLink
      state = DriverState(
        control: ClusterControl(
          settings: engine.configuration.clusterSettings, planner: planner, firstEpoch: PlanEpoch(1), now: driver.now),
        metrics: state.metrics)
      return link
    }
    let served = engine.tokens.follow([.interrupt(.unrelated, reason: "the next input")], Availability())
    for link in served + [link].compactMap({ $0 }) { engine.loop.close(link) }
  }

  private static let silent = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }

  private static func engineConfiguration() throws -> ClusterConfiguration {
    ClusterConfiguration(
      model: WireTargets.tiny(layerCount: 2),
      checkpoint: .init(
        modelID: "tiny", paths: ["/tiny"], fingerprint: "00",
        footprint: WeightFootprint(layerByteCounts: [1000, 1000], embeddingByteCount: 100, headByteCount: 100)),
      network: .init(control: try Endpoint("inproc://control"), results: try Endpoint("inproc://results")),
      demand: KVDemand(elementType: .i16, contextLength: 64, sequenceCount: 1, chunkTokenCount: 64), workerCount: 1,
      build: "fuzz")
  }

  /// A model of one tensor, in a file.
  private static let sharedModel: PublishedModel? = {
    let bytes = CacheTarget.contentBytes
    let descriptor = ModelTargets.unnamedFile()
    guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
      return nil
    }
    let path = "/proc/self/fd/\(descriptor)"
    let contents = ModelContents(
      files: [.init(name: "model", path: path, byteCount: bytes.count, headerByteCount: 77)],
      tensors: [.init(name: "t", fileIndex: 0, offset: 77, byteCount: bytes.count - 77)])
    let model = try? PublishedModel(contents, cache: nil) { _ in }
    model?.prepare(threadCount: 1)
    while case .inTheMaking = model?.news { usleep(1000) }
    return model
  }()
}
