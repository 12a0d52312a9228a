import ArgumentParser
import Foundation
import WeightDistribution

/// `longhaul cache`: lists or clears the weights cache.
struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "Lists or clears the weights cache.",
    subcommands: [List.self, Clear.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Lists the files in the weights cache and their sizes.")

    @OptionGroup var options: WeightsCacheOptions

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
      commandName: "clear", abstract: "Clears the weights cache; running workers are not affected.")

    @OptionGroup var options: WeightsCacheOptions

    @Option(help: "Keep this much of the most recently used files, for example 20GiB.")
    var keep = ByteSize(byteCount: 0)

    func run() throws {
      let cache = try options.required()
      let removed = try cache.trim(to: keep.byteCount)
      try StandardOutput.write("removed \(removed) bytes from \(cache.folder)\n")
    }
  }
}

extension WeightsCacheOptions {
  fileprivate func required() throws -> BlobStore {
    guard let cache else {
      throw CommandFailure(.usage, "this user has no home folder; pass the folder with --weights-cache")
    }
    return cache
  }
}
