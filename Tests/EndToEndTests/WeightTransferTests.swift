import Fixtures
import Foundation
import Testing

extension EndToEnd {
  @Suite("Workers without the model's file")
  struct WeightTransfer {
    private static let request = """
      {"prompt": "Once upon a time", "max_tokens": 48, "temperature": 0.8, "seed": 5, "ignore_eos": true}
      """

    func answer(_ cluster: ServedCluster) async throws -> String {
      try CompletionAnswer.text(try await cluster.post("/v1/completions", Self.request).body)
    }

    /// A cluster whose model's file is gone before the first worker comes.
    func cluster(
      in folder: ScratchFolder, spareCount: Int = 0, program: URL = Program.url, arguments: [String] = [],
      workerArguments: [String] = [], hasOwnCaches: Bool = false
    ) async throws -> ServedCluster {
      let model = folder.path("model.gguf")
      try? FileManager.default.removeItem(atPath: model)
      try FileManager.default.copyItem(atPath: SharedFiles.demo, toPath: model)
      return try await ServedCluster(
        workerCount: 2, spareCount: spareCount, model: model, program: program, arguments: arguments,
        workerArguments: workerArguments, hasOwnCaches: hasOwnCaches, folder: folder
      ) {
        try FileManager.default.removeItem(atPath: model)
      }
    }

    private func cachedFiles(_ folder: ScratchFolder) throws -> [String] {
      let weights = folder.path("cache/longhaul/weights")
      return try FileManager.default.contentsOfDirectory(atPath: weights).map { "\(weights)/\($0)" }
    }

    private func fetchedByteCounts(_ cluster: ServedCluster) -> [Int] {
      cluster.logs(of: "w").matches(of: /fetched (\d+) of/).compactMap { Int($0.1) }
    }

    @Test("they take their layers from the coordinator, keep them, mend what is damaged, and answer the same bytes")
    func coldWarmAndDamaged() async throws {
      let wanted = try await answer(try await ServedCluster(workerCount: 2))
      let folder = try ScratchFolder()
      let cluster = try await cluster(in: folder)
      #expect(try await answer(cluster) == wanted)
      let cold = fetchedByteCounts(cluster)
      #expect(cold.count == 2)
      // Each has taken its own layers, not the whole.
      let modelByteCount = try Data(contentsOf: URL(fileURLWithPath: SharedFiles.demo)).count
      #expect(cold.allSatisfy { $0 < modelByteCount * 3 / 4 })
      #expect(try cachedFiles(folder).allSatisfy { !$0.hasSuffix(".part") })
      // Both sides logged how it went.
      for index in 0...1 {
        #expect(cluster.log("w\(index)").contains(/fetching weights: \d+ of \d+ bytes are here/))
        #expect(cluster.log("coordinator").contains(try Regex("stage loading.* share=\\d+% worker=w\(index)")))
      }

      // Both start again: nothing is fetched.
      for index in 0...1 {
        cluster.kill(index)
        try cluster.restartWorker(index)
      }
      #expect(try await answer(cluster) == wanted)
      #expect(fetchedByteCounts(cluster) == cold)

      // One byte of every larger file is another, one file is cut short, and the workers start once more.
      cluster.kill(0)
      cluster.kill(1)
      var damaged = 0
      for (index, path) in try cachedFiles(folder).sorted().enumerated() {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = Int(try file.seekToEnd())
        if size > 100_000 {
          damaged += size
          try file.seek(toOffset: UInt64(size / 2))
          let byte = try file.read(upToCount: 1)?.first ?? 0
          try file.seek(toOffset: UInt64(size / 2))
          try file.write(contentsOf: [byte ^ 4])
        } else if index % 5 == 0 {
          damaged += size
          try file.truncate(atOffset: UInt64(size - 1))
        }
        try file.close()
      }
      #expect(damaged > 0)
      for index in 0...1 { try cluster.restartWorker(index) }
      #expect(try await answer(cluster) == wanted)
      #expect(fetchedByteCounts(cluster).dropFirst(2).reduce(0, +) > 0)
    }

    /// What a log says was fetched, and how much of it from workers.
    private func fetched(_ log: String) -> (all: Int, fromWorkers: Int) {
      log.matches(of: /fetched (\d+) of \d+ bytes .* s, (\d+) of them from workers/).reduce((0, 0)) {
        ($0.0 + (Int($1.1) ?? 0), $0.1 + (Int($1.2) ?? 0))
      }
    }

    @Test("a spare gets a drained worker's layers from that worker, and next to nothing from the coordinator")
    func fromWorker() async throws {
      let folder = try ScratchFolder()
      // With no room for what is not needed yet.
      let cluster = try await cluster(
        in: folder, spareCount: 1, arguments: ["--metrics"], workerArguments: ["--cache-limit", "1"],
        hasOwnCaches: true)
      let wanted = try await answer(cluster)
      let (stages, spare, before) = try await cluster.roles()
      let outcome = try await Program.run(
        ["drain", "w\(stages[0])", "--coordinator", "ipc://\(folder.path("c"))"], limit: 60)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try await answer(cluster) == wanted)
      let got = fetched(cluster.log("w\(spare)"))
      let sent = try #require(try await cluster.metrics()["weights_sent_bytes_total"]) - before
      print("weights: \(got.fromWorkers) of \(got.all) bytes from workers, \(Int(sent)) from the coordinator")
      #expect(got.fromWorkers * 20 > got.all * 19)
      // The headers and the manifest, which say what there is, are the coordinator's to give.
      #expect(sent < Double(got.all) * 0.3)
    }

    @Test("a spare has every stage's weights before it needs them, from the workers that have them")
    func ahead() async throws {
      let folder = try ScratchFolder()
      let cluster = try await cluster(in: folder, spareCount: 1, arguments: ["--metrics"], hasOwnCaches: true)
      let wanted = try await answer(cluster)
      let (stages, spare, _) = try await cluster.roles()
      try await cluster.waitUntilAhead(spare)
      let ahead = fetched(cluster.log("w\(spare)"))
      print("weights: \(ahead.fromWorkers) of \(ahead.all) bytes ahead, from workers")
      let modelByteCount = try Data(contentsOf: URL(fileURLWithPath: SharedFiles.demo)).count
      #expect(ahead.all > modelByteCount * 9 / 10)
      #expect(ahead.fromWorkers * 20 > ahead.all * 19)
      let before = try await cluster.roles().sentByteCount
      cluster.kill(try #require(stages.randomElement()))
      #expect(try await answer(cluster) == wanted)
      // What it was given it had.
      #expect(fetched(cluster.log("w\(spare)")) == ahead)
      let sent = try #require(try await cluster.metrics()["weights_sent_bytes_total"])
      #expect(sent == before)
    }

    @Test("a file of the worker's own that is another, or damaged, is named and not used")
    func wrongFile() async throws {
      let wanted = try await answer(try await ServedCluster(workerCount: 1))
      for damage in [0, 1] {
        let folder = try ScratchFolder()
        let model = folder.path("model.gguf")
        var bytes = try Data(contentsOf: URL(fileURLWithPath: SharedFiles.demo))
        try bytes.write(to: URL(fileURLWithPath: model))
        let cluster = try await ServedCluster(workerCount: 1, model: model, folder: folder) {
          // Another file takes the name; the coordinator has the right one open.
          if damage == 0 { bytes[bytes.count / 2] ^= 1 } else { bytes.removeLast(100_000) }
          try bytes.write(to: URL(fileURLWithPath: model), options: .atomic)
        }
        #expect(try await answer(cluster) == wanted)
        let log = cluster.log("w0")
        #expect(log.contains("is not used"))
        #expect(log.contains(damage == 0 ? "tensor " : "lies outside the file"))
      }
    }

    @Test("a worker that can keep nothing says what to do; the cluster says so and waits for it")
    func noRoom() async throws {
      let wanted = try await answer(try await ServedCluster(workerCount: 1))
      let folder = try ScratchFolder()
      // No folder can be made where a file is.
      let file = try folder.write("", to: "cache")
      let model = folder.path("model.gguf")
      try FileManager.default.copyItem(atPath: SharedFiles.demo, toPath: model)
      let cluster = try await ServedCluster(workerCount: 1, model: model, folder: folder, isToBeReady: false) {
        try FileManager.default.removeItem(atPath: model)
      }
      #expect(try await cluster.waitForLog("w0", "stage failed"))
      let log = cluster.log("w0")
      #expect(log.contains("check the disk") || log.contains("name a folder"))
      #expect(try await cluster.waitForLog("coordinator", "workers are missing: worker w0 cannot hold its stage"))
      try FileManager.default.removeItem(atPath: file)
      // It retries by itself now and then; a restart retries at once.
      cluster.kill(0)
      try cluster.restartWorker(0)
      try await cluster.waitUntilReady()
      #expect(try await answer(cluster) == wanted)
    }
  }
}
