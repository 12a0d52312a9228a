import Fixtures
import Foundation

/// The program that was built beside these tests, run as a user runs it.
enum Program {
  struct Outcome {
    let status: Int32
    let output: Data
    let errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// Folder of the built products: the test bundle's own.
  static let folder: URL = {
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    // Swift Testing runs the bundle itself, or a helper that maps it; the arguments name it in both cases.
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? executable
    return URL(fileURLWithPath: bundle).deletingLastPathComponent()
  }()

  /// The program that was built with these tests: in debug builds, the one with fail-points.
  static let besideTests = folder.appendingPathComponent("longhaul")

  /// The optimized program where the caller built one, else the one beside these tests.
  static let url =
    ProcessInfo.processInfo.environment["LONGHAUL_PROGRAM"].map { URL(fileURLWithPath: $0) } ?? besideTests

  /// A process that is still to be started, without input. It inherits this one's environment, with what is given, and
  /// ends with the tests (`LeftoverWatch`): every process of these tests is made here.
  static func process(_ program: URL, _ arguments: [String], environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.environment = ProcessInfo.processInfo.environment
      .merging(LeftoverWatch.shared?.environment ?? [:]) { $1 }
      // Each test has a cache of its own, in which every worker would measure its speed.
      .merging(["SWIFT_BACKTRACE": "enable=no", "LONGHAUL_NO_MEASURE": "true"]) { $1 }.merging(environment) { $1 }
    return process
  }

  /// A process of a program that is looked up as a shell does.
  static func command(_ words: [String], environment: [String: String] = [:]) -> Process {
    process(URL(fileURLWithPath: "/usr/bin/env"), words, environment: environment)
  }

  /// Starts the program with output and errors going to files, so that no pipe can fill up.
  static func start(_ arguments: [String], in folder: URL) throws -> Process {
    let process = process(
      url, arguments, environment: ["XDG_CACHE_HOME": folder.appendingPathComponent("cache").path])
    let name = UUID().uuidString
    process.standardOutput = try fileHandle(folder.appendingPathComponent("\(name).out"))
    process.standardError = try fileHandle(folder.appendingPathComponent("\(name).err"))
    try process.run()
    return process
  }

  private static func fileHandle(_ url: URL) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    return try FileHandle(forWritingTo: url)
  }

  /// Runs the program to its end and returns what it said. Killed after `limit` seconds, which reads as status 137.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], limit: Int = 120
  ) async throws -> Outcome {
    let folder = try ScratchFolder()
    let process = command(
      ["timeout", "-s", "KILL", "\(limit)", url.path] + arguments,
      environment: ["XDG_CACHE_HOME": folder.path("cache")].merging(environment) { $1 })
    let (out, err) = (folder.url.appendingPathComponent("out"), folder.url.appendingPathComponent("err"))
    process.standardOutput = try fileHandle(out)
    process.standardError = try fileHandle(err)
    return Outcome(
      status: try await process.runToEnd(), output: try Data(contentsOf: out),
      errors: try String(contentsOf: err, encoding: .utf8))
  }
}

extension Process {
  /// Starts it and waits for its end: gives its exit status, or minus the signal that ended it.
  func runToEnd() async throws -> Int32 {
    try await withCheckedThrowingContinuation { continuation in
      terminationHandler = { ended in
        // Foundation keeps a process and its open files for ever unless its end is waited for.
        ended.waitUntilExit()
        continuation.resume(
          returning: ended.terminationReason == .uncaughtSignal ? -ended.terminationStatus : ended.terminationStatus)
      }
      do { try run() } catch { continuation.resume(throwing: error) }
    }
  }
}
