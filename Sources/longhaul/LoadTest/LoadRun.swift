import Foundation
import HTTPClient
import JSON
import Synchronization

/// Runs a load test: sends what `LoadDispatch` says when it says so, and notes what becomes of it. One thread.
final class LoadRun {
  /// Set from elsewhere to end the test.
  final class Stop: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
  }

  /// A request that was sent and has not ended.
  private final class Exchange {
    let request: PlannedRequest
    let sent: Duration
    var meter = AnswerMeter()

    init(_ request: PlannedRequest, sent: Duration) { (self.request, self.sent) = (request, sent) }
  }

  private var target: LoadTarget
  private let streams: HTTPStreams
  private let stop: Stop
  private var running: [Int: Exchange] = [:]
  private(set) var records: [LoadRecord] = []
  /// No wait is longer, so that a test ends soon after Ctrl-C.
  private static let longestWait = Duration.milliseconds(50)

  init(target: LoadTarget, key: String?, secondsAtMost: Double, stop: Stop) throws {
    self.target = target
    self.stop = stop
    guard let streams = HTTPStreams(key: key, secondsAtMost: secondsAtMost) else {
      throw CommandFailure(.runtime, "libcurl cannot start")
    }
    self.streams = streams
  }

  /// The model that answers.
  var model: String { target.model }

  // MARK: Before the test

  /// Finds the model's name where none was given, and measures how many tokens words have. The server answers twice,
  /// so that its first answer is not measured.
  /// - Throws: `CommandFailure` where it does not answer as it should.
  func prepare(_ prompt: LoadPrompt) throws -> TokenMeasure {
    if target.model.isEmpty { target.model = try onlyModel() }
    var counted: [(words: Int, tokens: Int)] = []
    for wordCount in [32, 160] {
      let meter = try answer(prompt.probe(wordCount: wordCount))
      if let tokens = meter.promptTokenCount { counted.append((wordCount, tokens)) }
    }
    return counted.count == 2 ? TokenMeasure(counted[0], counted[1]) ?? TokenMeasure() : TokenMeasure()
  }

  /// The first model of the server's list; empty where it has no list.
  private func onlyModel() throws -> String {
    var text = ""
    let status = try whole(target.base + "/models", body: nil) { bytes, _ in
      if text.utf8.count < 1 << 20 { text += String(decoding: bytes, as: UTF8.self) }
    }
    // try?: a server without a list may answer anything.
    guard status == 200, let list = try? JSONParser.parse(text)["data"]?.array else { return "" }
    return list.first?["id"]?.string ?? ""
  }

  private func answer(_ text: String) throws -> AnswerMeter {
    var meter = AnswerMeter()
    let status = try whole(target.url, body: target.body(prompt: text, answerTokenCount: 2)) { bytes, status in
      meter.take(bytes, status: status, at: .zero)
    }
    if case .failure(let failure) = meter.end(status: status, transferFailure: nil) {
      throw CommandFailure(.unavailable, "\(target.url) does not answer a first request: \(failure.text)")
    }
    return meter
  }

  /// Runs one request to its end. Returns the status.
  private func whole(
    _ url: String, body: String?, take: @escaping (UnsafeRawBufferPointer, Int) -> Void
  ) throws -> Int {
    var end: (status: Int, failure: HTTPStreams.Failure?)?
    streams.start(url, body: body) { event in
      switch event {
      case .bytes(let bytes, let status): take(bytes, status)
      case .ended(let status, let failure): end = (status, failure)
      }
    }
    while end == nil {
      if stop.isSet { throw CancellationError() }
      streams.wait(milliseconds: 50)
    }
    if let failure = end?.failure {
      throw CommandFailure(.unavailable, "no server answers at \(url): \(failure.text)")
    }
    return end?.status ?? 0
  }

  // MARK: The test

  /// Sends all requests and waits for their ends, or until `stop` is set: what runs then is noted as interrupted.
  /// - Parameter ended: called with how many have ended.
  func run(_ schedule: LoadSchedule, _ prompt: LoadPrompt, ended: (Int) -> Void) -> [LoadRecord] {
    let start = ContinuousClock.now
    var dispatch = LoadDispatch(schedule)
    while !stop.isSet, !dispatch.isOver || !running.isEmpty {
      while let request = dispatch.next(now: .now - start, running: running.count) {
        send(request, text: prompt.text(of: request), start: start)
      }
      let untilDue = dispatch.nextDue.map { $0 - (.now - start) } ?? Self.longestWait
      streams.wait(milliseconds: Int(min(max(untilDue, .zero), Self.longestWait) / .milliseconds(1)))
      ended(records.count)
    }
    for exchange in running.values { note(exchange, .interrupted, at: .now - start) }
    running = [:]
    return records.sorted { $0.number < $1.number }
  }

  private func send(_ request: PlannedRequest, text: String, start: ContinuousClock.Instant) {
    let body = target.body(prompt: text, answerTokenCount: request.answerTokenCount)
    let exchange = Exchange(request, sent: .now - start)
    running[request.number] = exchange
    streams.start(target.url, body: body) { [weak self] event in
      let now = .now - start
      switch event {
      case .bytes(let bytes, let status): exchange.meter.take(bytes, status: status, at: now)
      case .ended(let status, let failure):
        guard let self else { return }
        running[request.number] = nil
        switch exchange.meter.end(status: status, transferFailure: failure.map(AnswerMeter.Failure.init)) {
        case .success(let reason): note(exchange, .finished(reason: reason), at: now)
        case .failure(let failure): note(exchange, .failed(failure), at: now)
        }
      }
    }
  }

  private func note(_ exchange: Exchange, _ outcome: LoadRecord.Outcome, at now: Duration) {
    let meter = exchange.meter
    records.append(
      LoadRecord(
        number: exchange.request.number, outcome: outcome, due: exchange.request.due ?? exchange.sent,
        sent: exchange.sent, ended: now, marks: meter.marks, promptTokenCount: meter.promptTokenCount,
        cachedTokenCount: meter.cachedTokenCount, answerTokenCount: meter.tokenCount, counting: meter.counting))
  }
}
