import Core
import Fixtures
import Foundation
import Testing
import WeightDistribution

@testable import Worker

@Suite("The record of a host's speed")
struct SpeedRecordTests {
  private static let key = SpeedKey(
    build: "0.2.0", numericsID: "lh-5", host: "h1", processor: "AMD EPYC (avx512)", threadCount: 2,
    processors: [0, 3], quota: 1.5)
  private static let speed = StageSpeed(prefill: 1.9871, decode: 0.25)
  private static let record = SpeedRecord(key: key, speed: speed)

  @Test("is read as it was written, and is text")
  func roundTrip() {
    #expect(SpeedRecord(Self.record.bytes, of: Self.key) == Self.record)
    #expect(
      String(decoding: Self.record.bytes, as: UTF8.self).hasPrefix(
        """
        longhaul speed 1
        build 0.2.0
        numerics lh-5
        host h1
        processor AMD EPYC (avx512)
        threads 2 on 0,3
        quota 1.5
        prefill 1.9871
        decode 0.25
        checksum \

        """))
  }

  @Test("of another program, host, processor, share or number of threads is not this one's")
  func otherKeys() {
    var keys: [SpeedKey] = []
    func change(_ body: (inout SpeedKey) -> Void) {
      var key = Self.key
      body(&key)
      keys.append(key)
    }
    change { $0.build = "0.2.1" }
    change { $0.numericsID = "lh-6" }
    change { $0.host = "h2" }
    change { $0.processor = "another\nbuild 0.2.0" }
    change { $0.threadCount = 1 }
    change { $0.processors = [0] }
    change { $0.quota = nil }
    for key in keys {
      #expect(SpeedRecord(Self.record.bytes, of: key) == nil)
      #expect(SpeedRecord(SpeedRecord(key: key, speed: Self.speed).bytes, of: Self.key) == nil)
    }
  }

  @Test("with any byte changed, cut off or added is none")
  func damage() {
    let bytes = Self.record.bytes
    for index in bytes.indices {
      #expect(SpeedRecord(Array(bytes[..<index]), of: Self.key) == nil)
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << bit
        #expect(SpeedRecord(damaged, of: Self.key) == nil)
      }
    }
    #expect(SpeedRecord(bytes + [10], of: Self.key) == nil)
    #expect(SpeedRecord([UInt8](repeating: 10, count: 1 << 20), of: Self.key) == nil)
  }

  @Test("with a speed that no machine has is none", arguments: [0, -1, .nan, .infinity, 1e-9, 1e9])
  func implausible(speed: Double) {
    for speed in [StageSpeed(prefill: speed, decode: 1), StageSpeed(prefill: 1, decode: speed)] {
      #expect(SpeedRecord(SpeedRecord(key: Self.key, speed: speed).bytes, of: Self.key) == nil)
    }
  }
}

@Suite("How a worker learns its speed")
struct SpeedSearchTests {
  private static let speed = StageSpeed(prefill: 2, decode: 1.5)

  /// A host with a clock of its own, which only sleeping moves.
  private final class Host {
    let folder: ScratchFolder
    let disk = TroubledDisk()
    var now = Duration.zero
    var measurements = 0
    var isStopped = false
    var onSleep: () -> Void = {}
    var failure: (any Error)?
    var measured = SpeedSearchTests.speed

    init() throws { folder = try ScratchFolder() }

    var store: SpeedStore { SpeedStore(BlobStore(folder: folder.path("cache")), disk: disk) }

    func find(threads: Int = 1, build: String = "1", host: String = "h") -> SpeedSearch.Finding {
      SpeedSearch(
        SpeedKey(
          build: build, numericsID: "n", host: host, processor: "p", threadCount: threads, processors: [0], quota: nil),
        store: store, now: { self.now },
        sleep: {
          self.now += $0
          self.onSleep()
        },
        isStopped: { self.isStopped }
      ) {
        self.measurements += 1
        if let failure = self.failure { throw failure }
        return self.measured
      }.find()
    }

    /// The host's one record.
    func recordPath() throws -> String {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("cache/speeds"))
      return folder.path("cache/speeds/\(try #require(names.first { $0 != "turn" }))")
    }
  }

  @Test("It measures at the first start, and takes what was kept at others")
  func kept() throws {
    let host = try Host()
    #expect(host.find() == .measured(Self.speed, trouble: nil))
    #expect(host.find() == .kept(Self.speed))
    #expect(host.find(threads: 2) == .measured(Self.speed, trouble: nil))
    #expect(host.find(threads: 1) == .kept(Self.speed))
    #expect(host.measurements == 2 && host.now == .zero && host.disk.openCount == 0)
  }

  @Test("Another release measures again, and leaves no file of the old one behind")
  func anotherBuild() throws {
    let host = try Host()
    _ = host.find()
    #expect(host.find(build: "2") == .measured(Self.speed, trouble: nil))
    #expect(host.find(build: "2") == .kept(Self.speed))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: host.folder.path("cache/speeds")).count == 2, "and the turn's"
    )
  }

  @Test("A file that is damaged, foreign, huge or no file at all is measured over")
  func damaged() throws {
    let host = try Host()
    _ = host.find()
    let path = try host.recordPath()
    let good = try Data(contentsOf: URL(fileURLWithPath: path))
    for bytes in [Data(), Data("nonsense".utf8), good.dropLast(), Data(count: 1 << 20)] {
      try bytes.write(to: URL(fileURLWithPath: path))
      #expect(host.find() == .measured(Self.speed, trouble: nil))
      #expect(host.find() == .kept(Self.speed))
    }
    host.disk.trouble = .forgetful
    #expect(host.find() == .measured(Self.speed, trouble: nil))
  }

  @Test("Where nothing can be kept it measures, and says why")
  func fullDisk() throws {
    let host = try Host()
    host.disk.trouble = .full
    guard case .measured(Self.speed, let trouble?) = host.find() else {
      Issue.record("not measured, or without a reason")
      return
    }
    #expect(trouble.contains("free room"))
    #expect(host.disk.openCount == 0)
    host.disk.trouble = nil
    #expect(host.find() == .measured(Self.speed, trouble: nil))
  }

  @Test("Hosts that share a folder keep a record each")
  func sharedFolder() throws {
    let host = try Host()
    #expect(host.find(host: "first") == .measured(Self.speed, trouble: nil))
    #expect(host.find(host: "second") == .measured(Self.speed, trouble: nil))
    #expect(host.find(host: "first") == .kept(Self.speed))
    #expect(host.find(host: "second") == .kept(Self.speed))
  }

  @Test("While another process of the host measures it waits, and takes what that one kept")
  func turns() throws {
    let host = try Host()
    let turn = try #require(try host.store.turn())
    host.onSleep = {
      if host.now == .seconds(2) {
        let key = SpeedKey(
          build: "1", numericsID: "n", host: "h", processor: "p", threadCount: 1, processors: [0], quota: nil)
        try? host.store.keep(StageSpeed(prefill: 3, decode: 3), of: key)
        host.store.giveBack(turn)
      }
    }
    #expect(host.find() == .kept(StageSpeed(prefill: 3, decode: 3)))
    #expect(host.measurements == 0)
  }

  @Test("A worker that is stopped neither waits for its turn nor measures")
  func stopped() throws {
    let host = try Host()
    let turn = try #require(try host.store.turn())
    defer { host.store.giveBack(turn) }
    host.onSleep = { host.isStopped = host.now >= .seconds(1) }
    #expect(host.find() == .failed(reason: "it was stopped before"))
    #expect(host.measurements == 0 && host.now == .seconds(1))
  }

  @Test("A measurement that is stopped keeps nothing")
  func stoppedMeasurement() throws {
    let host = try Host()
    host.failure = CancellationError()
    #expect(host.find() == .failed(reason: "it was stopped before"))
    host.failure = nil
    #expect(host.find() == .measured(Self.speed, trouble: nil))
  }

  @Test("It does not wait for ever")
  func patience() throws {
    let host = try Host()
    let turn = try #require(try host.store.turn())
    defer { host.store.giveBack(turn) }
    let trouble = "other workers of this host were measuring for too long"
    #expect(host.find() == .measured(Self.speed, trouble: trouble))
    #expect(host.now >= SpeedSearch.patience && host.now < .seconds(21))
  }

  @Test("A measurement that fails, or gives what no machine has, is none")
  func failure() throws {
    let host = try Host()
    host.failure = SpeedFailure()
    #expect(host.find() == .failed(reason: "no memory"))
    host.failure = nil
    host.measured = StageSpeed(prefill: .infinity, decode: 1)
    #expect(host.find().speed == nil)
    host.measured = Self.speed
    #expect(host.find() == .measured(Self.speed, trouble: nil))
  }

  private struct SpeedFailure: Error, CustomStringConvertible { let description = "no memory" }
}
