import Cluster
import Glibc
import Inference
import Logging
import Synchronization
import Transport
import Wire

@testable import Coordinator
@testable import Provisioning

extension FuzzTarget {
  /// A manifest as it is sent, and as it is kept.
  static let manifest = FuzzTarget(name: "manifest") {
    Samples.manifests.flatMap { manifest in
      let bytes = manifest.encoded()
      return [bytes, ContentID(of: bytes).bytes + bytes]
    }
  } run: { bytes in
    if let kept = WeightCache.manifest(inFile: bytes) {
      require(kept.id.bytes == Array(bytes.prefix(32)), "what is kept is behind its hash")
    }
    guard let stored = WeightCache.StoredManifest(bytes: bytes) else { return }
    let manifest = stored.manifest
    let again = try? manifest.encoded().withUnsafeBytes { try ModelManifest(decoding: $0) }
    require(again == manifest, "what was accepted can be sent on")
    for content in manifest.files.map(\.header) + manifest.tensors.map(\.content) {
      require(ContentID(hexadecimal: content.id.description) == content.id, "names are ids")
      let last = content.range(ofPiece: content.pieceCount - 1)
      require(last.upperBound == content.byteCount && !last.isEmpty, "pieces cover the content")
      let first = content.range(ofPiece: 0)
      require(first.count <= WireLimits.pieceByteCount, "pieces are small")
    }
    for tensor in manifest.tensors { require(manifest.files.indices.contains(tensor.fileIndex), "files are there") }
  }

  /// A cache's folder under whatever may happen to it: pieces right and wrong, ends in the middle, damage.
  static let cache = FuzzTarget(name: "cache") {
    [[0, 0, 0, 1, 0, 2, 1, 0], [0, 2, 2, 0, 0, 0, 3, 9, 0, 1, 1, 0, 4, 200, 5, 0], [3, 0, 4, 0, 0, 0]]
  } run: { bytes in
    let cache = WeightCache(folder: cacheFolder)
    _ = try? cache.trim(to: 0)
    let path = cache.path(of: content.id)
    var fill: CacheFill?
    var reader = InputReader(bytes)
    while !reader.isEmpty {
      let (operation, argument) = (reader.byte() % 7, Int(reader.byte()))
      switch operation {
      case 0, 1:
        fill = fill ?? (try? cache.fill(content))
        let index = argument % 3
        var piece = Array(contentBytes[content.range(ofPiece: index)])
        if operation == 1 { piece[argument % piece.count] ^= 1 }
        let isTaken = piece.withUnsafeBytes { try? fill?.take(index, $0) } ?? false
        require(operation == 0 || !isTaken, "a wrong piece is not taken")
      case 2: fill = nil
      case 3: damage("\(path).part", argument)
      case 4: damage(path, argument)
      case 5:
        if let full = fill, full.missing.isEmpty {
          try? full.finish()
          fill = nil
        }
      default: _ = try? cache.trim(to: argument * 1000)
      }
      if (try? cache.holds(content)) ?? false { require(isRight(path), "what is held is right") }
    }
  }

  private static let contentBytes = (0..<2 * WireLimits.pieceByteCount + 77).map {
    UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 11)
  }

  private static let content: HashedContent = {
    let hashes = stride(from: 0, to: contentBytes.count, by: WireLimits.pieceByteCount).flatMap { start in
      ContentID(of: contentBytes[start..<min(start + WireLimits.pieceByteCount, contentBytes.count)]).bytes
    }
    guard let content = HashedContent(byteCount: contentBytes.count, pieceHashes: hashes) else {
      preconditionFailure("three pieces have three hashes")
    }
    return content
  }()

  private static let cacheFolder: String = {
    var path = Array("/dev/shm/longhaul-fuzz-XXXXXX".utf8CString)
    guard let made = mkdtemp(&path) else { return "/nonexistent" }
    let folder = String(cString: made)
    return folder
  }()

  private static func damage(_ path: String, _ argument: Int) {
    let descriptor = open(path, O_WRONLY)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if argument < 128 {
      var byte = UInt8(argument)
      pwrite(descriptor, &byte, 1, argument * 4096 + argument)
    } else {
      ftruncate(descriptor, argument * 4096)
    }
  }

  private static func isRight(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: contentBytes.count + 1)
    return pread(descriptor, &bytes, bytes.count, 0) == contentBytes.count && bytes.dropLast() == contentBytes[...]
  }

  /// Messages of several connections, one after the other, through the coordinator's own handler, and questions through
  /// its desk for weights.
  static let registration = FuzzTarget(name: "registration") {
    let parts = Samples.workerMessages.map { [UInt8(1)] + InputReader.written($0.encoded()) }
    var honest = Samples.registration
    honest.numericsID = NumericsID.current
    honest.dataEndpoint = "tcp://127.0.0.1:5555"
    let joined = [UInt8(0)] + InputReader.written(WorkerMessage.register(honest).encoded())
    return parts + [joined + parts.joined(), joined + joined]
  } run: { bytes in
    guard let engine = try? ClusterEngine(configuration: engineConfiguration(), logger: silent) else {
      return require(false, "an engine can be made")
    }
    var reader = InputReader(bytes)
    while !reader.isEmpty {
      let peer = PeerID([reader.byte() & 3])
      guard let message = try? reader.part().withUnsafeBytes({ try WorkerMessage(decoding: $0) }) else { continue }
      switch message {
      case .fetchChunk(let range):
        if let reader = try? sharedModel?.reader(of: range) {
          var buffer = [UInt8](repeating: 0, count: range.byteCount)
          buffer.withUnsafeMutableBytes { try? reader.fill($0) }
        }
      default: engine.handle(.worker(message, peer, nil))
      }
      engine.handle(.tick)
      let names = engine.state.withLock { Array($0.peers.keys) }
      require(names.count <= 4, "no more workers than connections")
      let lengths = names.map(\.utf8.count)
      require(lengths.allSatisfy { (1...WireLimits.maximumNameByteCount).contains($0) }, "workers have names")
    }
    engine.loop.stop()
  }

  private static let silent = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }

  private static func engineConfiguration() throws -> ClusterConfiguration {
    ClusterConfiguration(
      modelID: "tiny", modelPaths: ["/tiny"], modelFingerprint: "00",
      model: tiny(layerCount: 2),
      footprint: WeightFootprint(layerByteCounts: [1000, 1000], embeddingByteCount: 100, headByteCount: 100),
      controlEndpoint: try Endpoint("inproc://control"), resultEndpoint: try Endpoint("inproc://results"),
      workerCount: 1, demand: KVDemand(elementType: .f16, contextLength: 64, sequenceCount: 1, chunkTokenCount: 64),
      allowsInsecureRemote: false, build: "fuzz")
  }

  /// A model of one tensor, in a file.
  private static let sharedModel: SharedModel? = {
    let path = "\(cacheFolder)/model"
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
    guard descriptor >= 0 else { return nil }
    _ = contentBytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    let contents = ModelContents(
      files: [.init(name: "model", path: path, byteCount: contentBytes.count, headerByteCount: 77)],
      tensors: [.init(name: "t", fileIndex: 0, offset: 77, byteCount: contentBytes.count - 77)])
    let model = try? SharedModel(contents, cache: nil) { _ in }
    model?.prepare(threadCount: 1)
    while case .inTheMaking = model?.news { usleep(1000) }
    return model
  }()
}
