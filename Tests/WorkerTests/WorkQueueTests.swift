import Core
import Testing
import Transport
import Wire

@testable import Worker

@Suite("What waits for the compute thread")
struct WorkQueueTests {
  private func frame(_ byteCount: Int) -> Message { Message([UInt8](repeating: 1, count: byteCount)) }

  @Test("no more bytes wait than allowed, however slow the stage; one that is longer is taken alone")
  func bounded() {
    let queue = WorkQueue(capacity: 100, byteLimit: 1000)
    #expect(queue.push(frame: frame(5000)))
    #expect(!queue.push(frame: frame(1)))
    _ = queue.pop()
    var waiting = 0
    for _ in 0..<50 where queue.push(frame: frame(300)) { waiting += 300 }
    #expect(waiting == 900)
    queue.limit(to: 2000)
    for _ in 0..<50 where queue.push(frame: frame(300)) { waiting += 300 }
    #expect(waiting == 1800)
    _ = queue.pop()
    #expect(queue.push(frame: frame(300)) && !queue.push(frame: frame(300)))
  }

  @Test("no more frames wait than allowed, and what is void counts no longer")
  func counted() {
    let queue = WorkQueue(capacity: 3, byteLimit: 1000)
    for _ in 0..<3 { #expect(queue.push(frame: frame(10))) }
    #expect(!queue.push(frame: frame(10)))
    queue.replaceAll(with: .forget)
    #expect(queue.push(frame: frame(900)))
    queue.close()
    #expect(!queue.push(frame: frame(1)) && queue.pop() == nil)
  }

  @Test("whoever has something else to do can ask whether there is work, and hears of the end, too")
  func asked() {
    let queue = WorkQueue(capacity: 3, byteLimit: 1000)
    #expect(!queue.hasWork(within: 0))
    #expect(queue.push(frame: frame(10)) && queue.hasWork(within: 60))
    _ = queue.pop()
    #expect(!queue.hasWork(within: 0))
    queue.close()
    #expect(queue.hasWork(within: 60) && queue.pop() == nil)
  }

  @Test("all steps in flight fit between two stages, of any plan and width, and nothing overflows")
  func window() {
    for stageCount in [1, 2, 3, Limits.maximumWorkerCount] {
      for width in [1, 64, 4096, 16384, Limits.maximumHiddenSize] {
        let window = StepWindow(stageCount: stageCount)
        let rows = min(Limits.maximumStepTokenCount, StepWindow.maximumRowCount(width: width))
        let step = rows * width * 4
        #expect(step + WireLimits.maximumHeaderByteCount <= WireLimits.maximumPayloadByteCount)
        #expect(window.byteCount(rows: rows, width: width) >= window.stepCount * step)
        #expect(window.byteCount(rows: rows, width: width) <= window.stepCount * (256 + 8) << 20)
      }
    }
    #expect(StepWindow(stageCount: 1).stepCount == 1 && StepWindow(stageCount: 4).stepCount == 5)
    #expect(StepWindow(stageCount: 2).byteCount(rows: .max, width: .max) == 3 * (256 + 8) << 20)
    // A model of 8B on four workers: what a stage that stands still makes its neighbour hold.
    #expect(StepWindow(stageCount: 4).byteCount(rows: 260, width: 4096) == 5 * (260 * 4096 * 4 + 8 << 20))
  }
}
