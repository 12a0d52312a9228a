import Fixtures
import Foundation
import TestTraits
import Testing

extension EndToEnd {
  @Suite("A model file that is written to while a cluster serves it")
  struct ChangedModel {
    private enum Change: String, CaseIterable {
      case overwritten
      case cut
      case replaced
    }

    private func change(_ path: String, _ change: Change) throws {
      let url = URL(fileURLWithPath: path)
      var other = try Data(contentsOf: url)
      // Weights only: the header, and so the model, looks the same.
      for index in other.count / 2..<other.count { other[index] ^= 0x55 }
      let handle = try FileHandle(forWritingTo: url)
      defer { try? handle.close() }
      switch change {
      case .overwritten: try handle.write(contentsOf: other)
      case .cut: try handle.truncate(atOffset: 4096)
      case .replaced: try other.write(to: url, options: .atomic)
      }
    }

    private static let request = Recovery.request("The whale", tokens: 12, seed: nil, more: ", \"stream\": true")

    @Test(
      "gives the same tokens or an error that says so, never others, and ends no process", arguments: Change.allCases)
    private func served(kind: Change) async throws {
      let folder = try ScratchFolder()
      let model = folder.path("m.gguf")
      try FileManager.default.copyItem(atPath: SharedFiles.demo, toPath: model)
      try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: model)
      let cluster = try await ServedCluster(workerCount: 2, model: model, folder: folder)
      let wanted = StreamedText(try await cluster.stream("/v1/completions", Self.request).end.value.body)
      #expect(wanted.isDone && !wanted.text.isEmpty)
      try change(model, kind)
      let after = cluster.stream("/v1/completions", Self.request)
      if kind == .replaced {
        #expect(StreamedText(try await after.end.value.body) == wanted)
      } else {
        #expect(try await cluster.waitForLog("coordinator", "was written to while it was read"))
        #expect(StreamedText(try String(contentsOf: after.answer, encoding: .utf8)).text.isEmpty)
      }
      for process in cluster.workers + [cluster.coordinator] { #expect(process.isRunning) }
    }
  }
}
