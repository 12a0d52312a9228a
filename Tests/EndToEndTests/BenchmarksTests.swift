import Foundation
import Testing

extension EndToEnd {
  @Suite("Benchmarks, the kernels' ladder")
  struct BenchmarksRuns {
    @Test("every kernel runs in every variant, and each variant gives the reference's bytes")
    func small() throws {
      let process = Program.process(Program.folder.appendingPathComponent("Benchmarks"), ["--small"])
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(text)")
      #expect(!text.contains("differs from the reference"))
      let kernels = [
        "matmul Q4_0 x 1", "matmul F16 x 13", "dequantize Q8_0", "rmsnorm", "rope", "argmax", "attention F16",
      ]
      for kernel in kernels {
        #expect(text.contains(kernel), "\(kernel) is missing")
      }
    }
  }
}
