import Foundation

/// A worker process of this machine, found by its command line.
struct WorkerProcess {
  let identifier: Int32
  let name: String

  static func all(coordinator: String) -> [WorkerProcess] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.sorted().compactMap { identifier in
      guard let line = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(identifier)/cmdline")) else { return nil }
      let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      func value(of option: String) -> String? {
        words.firstIndex(of: option).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
      }
      guard words.count > 1, words[1] == "worker", words[0].hasSuffix("longhaul"),
        value(of: "--coordinator") == coordinator, let name = value(of: "--name")
      else { return nil }
      return WorkerProcess(identifier: identifier, name: name)
    }
  }

  func signal(_ number: Int32) throws {
    guard kill(identifier, number) == 0 else {
      throw CommandFailure(.runtime, "cannot signal process \(identifier): \(String(cString: strerror(errno)))")
    }
  }
}
