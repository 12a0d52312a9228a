import ArgumentParser
import Foundation
import Provisioning

/// `longhaul cache`: what has been kept of models, and its removal.
struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Lists or clears what workers have fetched of models.",
    subcommands: [List.self, Clear.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Says how much the cache holds, and each file of it.")

    @OptionGroup var options: WeightCacheOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
      let cache = try options.required()
      let entries = try cache.entries()
      let report = CacheReport(
        folder: cache.folder, bytes: entries.reduce(0) { $0 + $1.byteCount },
        files: entries.map {
          CacheReport.File(
            path: $0.path, bytes: $0.byteCount,
            used: Date(timeIntervalSince1970: Double($0.used) * 1e-9).ISO8601Format())
        })
      if json { return try StandardOutput.json(report) }
      for file in report.files { try StandardOutput.write("\(file.used)  \(file.bytes)  \(file.path)\n") }
      try StandardOutput.write("\(report.files.count) files, \(report.bytes) bytes in \(report.folder)\n")
    }
  }

  struct Clear: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "clear", abstract: "Removes what the cache holds; workers that run are not disturbed.")

    @OptionGroup var options: WeightCacheOptions

    @Option(help: "Keep so much of what was used last, for example 20GiB.")
    var keep = ByteSize(byteCount: 0)

    func run() throws {
      let cache = try options.required()
      let removed = try cache.trim(to: keep.byteCount)
      try StandardOutput.write("removed \(removed) bytes from \(cache.folder)\n")
    }
  }
}

/// What `cache list --json` prints.
private struct CacheReport: Encodable {
  struct File: Encodable {
    let path: String
    let bytes: Int
    let used: String
  }

  let folder: String
  let bytes: Int
  let files: [File]
}

extension WeightCacheOptions {
  fileprivate func required() throws -> WeightCache {
    guard let cache else { throw CommandFailure(.usage, "this user has no home folder: name the cache with --cache") }
    return cache
  }
}
