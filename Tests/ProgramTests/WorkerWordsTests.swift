import Synchronization
import Testing

@testable import longhaul

@Suite("What workers of a command write becomes sentences")
struct WorkerWordsTests {
  /// What is reported of the bytes, taken in pieces of `size`, and the last words.
  private func reports(_ text: String, inPiecesOf size: Int) -> (lines: [String], last: String?) {
    let lines = Mutex<[String]>([])
    let words = WorkerWords(name: "worker-1") { line in lines.withLock { $0.append(line) } }
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: size) {
      words.take(bytes[start..<min(start + size, bytes.count)])
    }
    return (lines.withLock { $0 }, words.last)
  }

  @Test("log lines lose their time and level, the last words wait for the end", arguments: [1, 7, 1000])
  func lines(size: Int) {
    let (lines, last) = reports(
      """
      2026-01-02T03:04:05Z error worker: stage failed reason="no memory"

      longhaul: the coordinator refused this worker: its name is taken
      terminate called without an active exception
      cut
      """, inPiecesOf: size)
    #expect(
      lines == [
        "worker-1: stage failed reason=\"no memory\"", "worker-1: terminate called without an active exception",
      ])
    #expect(last == "the coordinator refused this worker: its name is taken")
  }

  @Test("a line without an end takes no more memory than a line may")
  func endless() {
    let (lines, last) = reports(String(repeating: "x", count: 100_000) + "\n", inPiecesOf: 512)
    #expect(lines == ["worker-1: " + String(repeating: "x", count: 4096)] && last == nil)
  }

  @Test("each tenth is reported once, those that are leapt over are left out")
  func tenths() {
    var tenths = Tenths()
    let percents = [0, 0.05, 0.1, 0.19, 0.2, 0.55, 0.5, 0.99, 1, 1].map { tenths.news(share: $0) }
    #expect(percents == [nil, nil, 10, nil, 20, 50, nil, 90, 100, nil])
  }
}
