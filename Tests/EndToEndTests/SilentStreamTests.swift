import Fixtures
import Foundation
import Testing

extension EndToEnd.Recovery {
  @Test("while no worker serves, a stream sends keep-alive comments, and then continues with the same bytes")
  func silent() async throws {
    let cluster = try await ServedCluster(
      workerCount: 1, arguments: ["--context", "2048", "--sse-ping-interval", "0.1"])
    let body = Self.request("The whale", tokens: 1900, seed: 3, more: ", \"stream\": true")
    let whole = StreamedText(try await cluster.post("/v1/completions", body).body)
    try #require(whole.isDone && whole.finishReason == "length")
    let request = cluster.stream("/v1/completions", body)
    await cluster.waitForTokens(3, in: request.answer)
    cluster.kill(0)
    // What the dead worker had sent comes first; then nothing but comments can, however long it lasts.
    func pings() -> Int {
      ((try? String(contentsOf: request.answer, encoding: .utf8)) ?? "").ranges(of: ": ping\n\n").count
    }
    let (before, end) = (pings(), ContinuousClock.now + .seconds(60))
    while pings() < before + 6, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
    try cluster.restartWorker(0)
    let answer = try await request.end.value.body
    #expect(StreamedText(answer) == whole)
    let silence = try #require(answer.firstRange(of: "}\n\n: ping\n\n: ping\n\n"))
    #expect(answer[silence.upperBound...].contains("data: {"))
  }
}
