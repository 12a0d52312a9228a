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

  /// Starts the program with output and errors going to files, so that no pipe can fill up.
  static func start(_ arguments: [String], in folder: URL) throws -> Process {
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let name = UUID().uuidString
    process.standardOutput = try fileHandle(folder.appendingPathComponent("\(name).out"))
    process.standardError = try fileHandle(folder.appendingPathComponent("\(name).err"))
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no", "XDG_CACHE_HOME": folder.appendingPathComponent("cache").path]) { $1 }
    try process.run()
    return process
  }

  private static func fileHandle(_ url: URL) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    return try FileHandle(forWritingTo: url)
  }

  /// Runs the program to its end and returns what it said. Killed after `limit` seconds, which reads as status 137.
  static func run(_ arguments: [String], limit: Int = 120) async throws -> Outcome {
    let folder = try ScratchFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["timeout", "-s", "KILL", "\(limit)", url.path] + arguments
    process.standardInput = FileHandle.nullDevice
    let (out, err) = (folder.url.appendingPathComponent("out"), folder.url.appendingPathComponent("err"))
    process.standardOutput = try fileHandle(out)
    process.standardError = try fileHandle(err)
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SWIFT_BACKTRACE": "enable=no", "XDG_CACHE_HOME": folder.path("cache")]) { $1 }
    let status = try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { ended in
        continuation.resume(
          returning: ended.terminationReason == .uncaughtSignal ? -ended.terminationStatus : ended.terminationStatus)
      }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return Outcome(
      status: status, output: try Data(contentsOf: out), errors: try String(contentsOf: err, encoding: .utf8))
  }
}
