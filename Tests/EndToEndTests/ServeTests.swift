import Fixtures
import Foundation
import Testing

/// A served cluster of real processes for one test; every one is ended with it.
///
/// Safety: made by one task before others see it; processes are replaced by one task at a time.
final class ServedCluster: @unchecked Sendable {
  let folder: ScratchFolder
  private(set) var coordinator: Process
  private let program: URL
  private let launchArguments: [String]
  private let workerArguments: [String]
  private let ownArguments: [[String]]
  private let hasOwnCaches: Bool
  private let measures: Bool
  private(set) var workers: [Process] = []
  private(set) var port = 0

  /// Starts a coordinator, workers over `ipc` and spares beside them, and waits until the API answers.
  /// - Parameters:
  ///   - ownArguments: of each worker, besides those of all.
  ///   - measures: whether workers measure their speed.
  ///   - hasOwnCaches: every worker keeps weights for itself, as on a machine of its own.
  ///   - folder: for sockets, logs and the processes' cache; nil makes one.
  ///   - isToBeReady: false returns when the processes are started.
  ///   - beforeWorkers: runs when the coordinator has opened its model and no worker is there.
  init(
    workerCount: Int, spareCount: Int = 0, model: String = SharedFiles.demo, program: URL = Program.url,
    arguments: [String] = [], workerArguments: [String] = [], ownArguments: [[String]] = [],
    measures: Bool = false, hasOwnCaches: Bool = false, folder: ScratchFolder? = nil, isToBeReady: Bool = true,
    beforeWorkers: (() throws -> Void)? = nil
  ) async throws {
    self.folder = try folder ?? ScratchFolder()
    let folder = self.folder
    self.program = program
    self.workerArguments = workerArguments
    self.ownArguments = ownArguments
    self.measures = measures
    self.hasOwnCaches = hasOwnCaches
    launchArguments =
      ["serve", model, "--listen", "ipc://\(folder.path("c"))", "--workers", "\(workerCount)"] + arguments
    coordinator = try Self.launch(
      program, launchArguments + ["--http", "127.0.0.1:0"],
      log: folder.url.appendingPathComponent("coordinator.log"))
    if let beforeWorkers {
      let deadline = ContinuousClock.now + .seconds(30)
      while !log("coordinator").contains("waiting for workers"), ContinuousClock.now < deadline {
        try await Task.sleep(for: .milliseconds(5))
      }
      try beforeWorkers()
    }
    for index in 0..<workerCount { workers.append(try launchWorker(index)) }
    // The spares come last, else one of them may get layers.
    for index in 0..<workerCount where spareCount > 0 { _ = try await waitForLog("w\(index)", "registered") }
    for index in workerCount..<workerCount + spareCount { workers.append(try launchWorker(index)) }
    if isToBeReady { try await waitUntilReady() }
  }

  /// Starts a server that starts its own workers, and waits until the API answers.
  /// - Parameter launcher: a program and its arguments that start the server; nil starts it directly.
  init(
    serving model: String, arguments: [String] = [], launcher: [String] = [], isToBeReady: Bool = true
  ) async throws {
    folder = try ScratchFolder()
    let command = launcher + [Program.url.path, "serve", model, "--http", "127.0.0.1:0"] + arguments
    (program, launchArguments) = (URL(fileURLWithPath: command[0]), Array(command.dropFirst()))
    (workerArguments, ownArguments, hasOwnCaches, measures) = ([], [], false, false)
    coordinator = try Self.launch(
      program, launchArguments, log: folder.url.appendingPathComponent("coordinator.log"))
    if isToBeReady { try await waitUntilReady() }
  }

  /// Starts the coordinator again, on the port it had, after its process has ended.
  func restartCoordinator() throws {
    coordinator = try Self.launch(
      program, launchArguments + ["--http", "127.0.0.1:\(port)"],
      log: folder.url.appendingPathComponent("coordinator.log"))
  }

  private func launchWorker(_ index: Int, _ program: URL? = nil) throws -> Process {
    try Self.launch(
      program ?? self.program,
      [
        "worker", "--coordinator", "ipc://\(folder.path("c"))", "--name", "w\(index)", "--data",
        "ipc://\(folder.path("s\(index)"))", "--threads", "1",
      ] + workerArguments + (ownArguments.indices.contains(index) ? ownArguments[index] : [])
        + (hasOwnCaches ? ["--weights-cache", folder.path("cache-w\(index)")] : []),
      log: folder.url.appendingPathComponent("w\(index).log"), measures: measures)
  }

  /// Starts one more worker, of another program than the others.
  func addWorker(program: URL) throws { workers.append(try launchWorker(workers.count, program)) }

  /// Starts a worker again after its process has ended.
  func restartWorker(_ index: Int) throws { workers[index] = try launchWorker(index) }

  /// Starts those workers again whose processes have ended.
  func restartEndedWorkers() throws {
    for index in workers.indices where !workers[index].isRunning { try restartWorker(index) }
  }

  /// Kills the coordinator and waits until it is gone.
  func killCoordinator() {
    Glibc.kill(coordinator.processIdentifier, SIGKILL)
    coordinator.waitUntilExit()
  }

  /// All logs of processes whose name begins so.
  func logs(of prefix: String) -> String { (0..<9).map { log("\(prefix)\($0)") }.joined() }

  /// Numbers of the workers that serve now, by stage. Which of them are spares changes with every loss.
  func stageWorkers() async throws -> [Int] {
    let status = try JSONDecoder().decode(ShownStatus.self, from: Data(try await get("/cluster").body.utf8))
    return status.plan?.stages.compactMap { Int($0.worker.dropFirst()) } ?? []
  }

  /// Waits a minute at most until a plan with so many stages serves. A restarted worker has a stage again only when
  /// the cluster has time to divide the layers again.
  func waitForStages(_ count: Int) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while try await stageWorkers().count != count {
      try #require(ContinuousClock.now < end, "no plan of \(count) stages: \(log("coordinator").suffix(2000))")
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  private struct ShownStatus: Decodable {
    struct Stage: Decodable { let worker: String }
    struct Plan: Decodable { let stages: [Stage] }
    let plan: Plan?
  }

  /// Kills the worker that has a stage now, waits until it is gone, and gives its number.
  func kill(stage: Int) async throws -> Int {
    let stages = try await stageWorkers()
    let victim = try #require(stages.indices.contains(stage) ? stages[stage] : nil)
    kill(victim)
    return victim
  }

  /// Kills a worker and waits until it is gone.
  func kill(_ index: Int) {
    Glibc.kill(workers[index].processIdentifier, SIGKILL)
    workers[index].waitUntilExit()
  }

  deinit {
    for process in workers + [coordinator] where process.isRunning {
      Glibc.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  private static func launch(_ program: URL, _ arguments: [String], log: URL, measures: Bool = false) throws -> Process
  {
    if !FileManager.default.fileExists(atPath: log.path) {
      _ = FileManager.default.createFile(atPath: log.path, contents: nil)
    }
    // Faults at exact places, in builds that have them, are asked for by files here.
    let process = Program.process(
      program, arguments,
      environment: [
        "LONGHAUL_FAILPOINTS": log.deletingLastPathComponent().path, "LONGHAUL_NO_MEASURE": "\(!measures)",
        "XDG_CACHE_HOME": log.deletingLastPathComponent().appendingPathComponent("cache").path,
      ])
    process.standardOutput = FileHandle.nullDevice
    let handle = try FileHandle(forWritingTo: log)
    try handle.seekToEnd()
    process.standardError = handle
    try process.run()
    return process
  }

  func log(_ name: String) -> String {
    (try? String(contentsOf: folder.url.appendingPathComponent("\(name).log"), encoding: .utf8)) ?? ""
  }

  /// Whether a process has said it within a minute.
  func waitForLog(_ name: String, _ words: String) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while !log(name).contains(words) {
      guard ContinuousClock.now < end else { return false }
      try await Task.sleep(for: .milliseconds(20))
    }
    return true
  }

  func waitUntilReady() async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline, coordinator.isRunning {
      if port == 0, let found = log("coordinator").firstMatch(of: /http port=(\d+)/) { port = Int(found.1) ?? 0 }
      if port > 0, try await get("/health").status == 200 { return }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw NotReady(log: log("coordinator"))
  }

  struct NotReady: Error { let log: String }

  /// One request through curl, which is what people use.
  func get(_ path: String) async throws -> (status: Int, body: String) { try await curl([url(path)]) }

  func post(_ path: String, _ body: String) async throws -> (status: Int, body: String) {
    try await curl(["-H", "Content-Type: application/json", "-d", body, url(path)])
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

  /// A streamed request under way: its answer so far is in a file.
  func stream(_ path: String, _ body: String) -> (answer: URL, end: Task<(status: Int, body: String), any Error>) {
    let file = folder.url.appendingPathComponent(UUID().uuidString)
    let target = url(path)
    let end = Task { [self] in
      try await curl(["-H", "Content-Type: application/json", "-d", body, target], into: file)
    }
    return (file, end)
  }

  /// Returns when a streamed answer has grown to so many tokens, or after 30 s. For none it lets the prompt begin.
  func waitForTokens(_ count: Int, in answer: URL) async {
    let deadline = ContinuousClock.now + .seconds(30)
    repeat {
      try? await Task.sleep(for: .milliseconds(count == 0 ? 30 : 2))
    } while ContinuousClock.now < deadline
      && ((try? String(contentsOf: answer, encoding: .utf8)) ?? "").components(separatedBy: "data: ").count <= count
  }

  /// Sends a request and hangs up before it is answered.
  func leave(_ path: String, _ body: String, afterMilliseconds: Int) async throws {
    _ = try await curl(["-d", body, "--max-time", "\(Double(afterMilliseconds) / 1000)", url(path)])
  }

  func curl(_ arguments: [String], into file: URL? = nil) async throws -> (status: Int, body: String) {
    let file = file ?? folder.url.appendingPathComponent(UUID().uuidString)
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    let process = Program.command(["curl", "-sN", "--max-time", "60", "-w", "\n%{http_code}"] + arguments)
    process.standardOutput = try FileHandle(forWritingTo: file)
    _ = try await process.runToEnd()
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
  }
}

/// What the API answers to a completion.
struct CompletionAnswer: Decodable {
  struct Choice: Decodable {
    let text: String
    let finish_reason: String?
  }
  let choices: [Choice]

  static func text(_ body: String) throws -> String {
    try JSONDecoder().decode(CompletionAnswer.self, from: Data(body.utf8)).choices[0].text
  }
}

extension EndToEnd {
  @Suite("A served cluster")
  struct Served {
    private static func request(_ prompt: String, tokens: Int, seed: Int, more: String = "") -> String {
      """
      {"prompt": "\(prompt)", "max_tokens": \(tokens), "temperature": 0.9, "seed": \(seed), "ignore_eos": true\(more)}
      """
    }

    @Test("answers are the same alone and beside others, and the same as on one worker")
    func besideOthers() async throws {
      let prompts = ["Once upon a time", "The whale", "It was the best of times, it was", "My dear Watson"]
      let long = String(repeating: "The little dog ran to the old house by the river. ", count: 60)
      let two = try await ServedCluster(workerCount: 2, arguments: ["--chunk", "64"])
      var alone: [String] = []
      for (index, prompt) in prompts.enumerated() {
        alone.append(
          try CompletionAnswer.text(
            try await two.post("/v1/completions", Self.request(prompt, tokens: 40, seed: index)).body))
      }
      let together = try await withThrowingTaskGroup(of: (Int, String).self) { group in
        for (index, prompt) in prompts.enumerated() {
          group.addTask {
            (
              index,
              try CompletionAnswer.text(
                try await two.post("/v1/completions", Self.request(prompt, tokens: 40, seed: index)).body)
            )
          }
        }
        // A long prompt is read meanwhile, so that steps mix chunks and decodes.
        group.addTask { (-1, try await two.post("/v1/completions", Self.request(long, tokens: 5, seed: 1)).body) }
        var texts = [String](repeating: "", count: prompts.count)
        for try await (index, text) in group where index >= 0 { texts[index] = text }
        return texts
      }
      #expect(together == alone)
      let one = try await ServedCluster(workerCount: 1)
      for (index, prompt) in prompts.enumerated() {
        #expect(
          try CompletionAnswer.text(
            try await one.post("/v1/completions", Self.request(prompt, tokens: 40, seed: index)).body) == alone[index])
      }
    }

    @Test("models, chat, streaming and errors have the shapes that clients expect")
    func shapes() async throws {
      let cluster = try await ServedCluster(workerCount: 2)
      #expect(try await cluster.get("/v1/models").body.contains("\"object\":\"list\""))
      let chat = try await cluster.post(
        "/v1/chat/completions", #"{"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}"#)
      #expect(chat.status == 200)
      #expect(chat.body.contains("chat.completion"))
      let stream = try await cluster.post(
        "/v1/completions", #"{"prompt": "Once", "max_tokens": 4, "stream": true, "temperature": 0}"#)
      #expect(stream.body.contains("data: [DONE]"))
      let tooLong = try await cluster.post(
        "/v1/completions", "{\"prompt\": \(Array(repeating: 5, count: 9000)), \"max_tokens\": 4}")
      #expect(tooLong.status == 400)
      #expect(tooLong.body.contains("context_length_exceeded"))
      #expect(try await cluster.post("/v1/completions", "{").status == 400)
    }

    @Test("clients that leave while tokens arrive leave the cluster serving")
    func leavingClients() async throws {
      let cluster = try await ServedCluster(workerCount: 2)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<40 {
          let body = Self.request("Once upon a time", tokens: 300, seed: index, more: ", \"stream\": true")
          group.addTask { try await cluster.leave("/v1/completions", body, afterMilliseconds: 5 + index % 9 * 5) }
          let answer = try await cluster.post("/v1/completions", Self.request("Once", tokens: 4, seed: index))
          #expect(answer.status == 200)
        }
        try await group.waitForAll()
      }
    }

    @Test("a port in use is named, with status 69")
    func portInUse() async throws {
      let cluster = try await ServedCluster(workerCount: 1)
      let outcome = try await Program.run(
        [
          "serve", SharedFiles.demo, "--listen", "ipc://\(cluster.folder.path("other"))", "--http",
          "127.0.0.1:\(cluster.port)",
        ], limit: 30)
      #expect(outcome.status == 69)
      #expect(outcome.errors.contains("in use"))
      let second = try await Program.run(
        [
          "serve", SharedFiles.demo, "--listen", "ipc://\(cluster.folder.path("c"))", "--http", "127.0.0.1:0",
        ], limit: 30)
      #expect(second.status == 69)
    }

    @Test("an interrupt ends the coordinator and its workers", arguments: [SIGINT, SIGTERM])
    func interrupted(signal: Int32) async throws {
      let cluster = try await ServedCluster(workerCount: 2)
      kill(cluster.coordinator.processIdentifier, signal)
      cluster.coordinator.waitUntilExit()
      #expect(cluster.coordinator.terminationStatus == 0)
      let end = ContinuousClock.now + .seconds(10)
      for worker in cluster.workers {
        while worker.isRunning, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
        #expect(!worker.isRunning)
      }
    }

    @Test("an interrupted run leaves no process behind")
    func interruptedRun() async throws {
      let folder = try ScratchFolder()
      let process = try Program.start(
        ["run", SharedFiles.demo, "-p", "Once", "--max-tokens", "5000", "--ignore-eos", "--workers", "2"],
        in: folder.url)
      // Interrupted while it starts, loads or answers: whichever it is, nothing may stay.
      try await Task.sleep(for: .milliseconds(300))
      let children = Self.children(of: process.processIdentifier)
      kill(process.processIdentifier, SIGINT)
      process.waitUntilExit()
      let deadline = ContinuousClock.now + .seconds(10)
      while ContinuousClock.now < deadline, children.contains(where: Self.isAlive) {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(!children.contains(where: Self.isAlive))
    }

    private static func children(of parent: Int32) -> [Int32] {
      let path = "/proc/\(parent)/task/\(parent)/children"
      return ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ").compactMap { Int32($0) }
    }

    private static func isAlive(_ process: Int32) -> Bool {
      let state = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
      return !state.isEmpty && !state.contains(") Z ")
    }
  }
}
