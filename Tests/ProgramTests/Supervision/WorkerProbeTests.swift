import OpenAIAPI
import Testing
import Worker

@testable import longhaul

@Suite("A worker's probes")
struct WorkerProbeTests {
  @Test("it is live while its loop turns, whatever others do")
  func live() {
    let start = ContinuousClock.now
    let probe = WorkerProbe(name: "w", now: start)
    #expect(probe.live(now: start + .seconds(9)).isWell)
    #expect(!probe.live(now: start + .seconds(11)).isWell)
    probe.note(WorkerStatus(), now: start + .seconds(11))
    #expect(probe.live(now: start + .seconds(12)).isWell)
  }

  @Test("it is ready with its layers or as a standby, and says why it is not")
  func ready() {
    let probe = WorkerProbe(name: "w")
    var status = WorkerStatus()
    let cases: [(WorkerStatus.Phase, Bool, String)] = [
      (.connecting, false, "waiting for the coordinator\n"), (.standby, true, "standby\n"),
      (.loading(0.426), false, "loading layers: 42 %\n"), (.serving, true, "serving\n"),
      (.failed("no disk"), false, "cannot hold its layers: no disk\n"),
    ]
    for (phase, isReady, text) in cases {
      status.phase = phase
      probe.note(status)
      #expect(probe.ready() == .init(isWell: isReady, text: text))
    }
    (status.phase, status.isDraining) = (.serving, true)
    probe.note(status)
    #expect(probe.ready() == .init(isWell: false, text: "serving, draining\n"))
  }

  @Test("its metrics are Prometheus' text, with its name")
  func metrics() throws {
    let probe = WorkerProbe(name: "w7")
    var status = WorkerStatus()
    (status.phase, status.weightByteCount) = (.loading(0.5), 4096)
    probe.note(status)
    let answer = try #require(probe.answers["metrics"])
    let text = answer().text
    for line in [
      "longhaul_worker_ready{worker=\"w7\"} 0", "longhaul_worker_load_ratio{worker=\"w7\"} 0.5",
      "longhaul_worker_weight_bytes{worker=\"w7\"} 4096", "# TYPE longhaul_worker_resident_memory_bytes gauge",
    ] { #expect(text.contains(line), "\(text)") }
  }
}
