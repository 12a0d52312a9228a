import HTTPClient
import JSON

/// A hub of models, and the folder where what it gave is kept.
package struct Hub {
  private let settings: HubSettings
  private let wait: (Int) -> Void

  /// An answer that lists files.
  private static let answerLimit = 64 << 20
  private static let pageLimit = 100

  /// - Parameter wait: before another try, so many seconds.
  package init(_ settings: HubSettings, wait: @escaping (Int) -> Void) {
    self.settings = settings
    self.wait = wait
  }

  /// The path of a model that is here, whole; nil where parts of it, or all, are missing.
  package func local(_ reference: HubReference) -> String? {
    let cache = HubCache(settings, repository: reference.repository)
    guard let commit = cache.commit(of: reference.revision) else { return nil }
    let files = cache.files(of: commit)
    guard
      let selection = try? HubSelection(of: files, choice: reference.choice, repository: reference.repository),
      Self.isWhole(selection, files)
    else { return nil }  // What is not there is fetched, and then the reason is known.
    return Self.path(cache, commit, selection)
  }

  /// Fetches what is missing of a model, and gives its path.
  /// - Parameter progress: given a file's path and the bytes of all files that are there and wanted; what it throws
  ///   ends the work.
  /// - Throws: `HubError`, or what `progress` throws.
  package func fetch(
    _ reference: HubReference, progress: (_ file: String, _ done: Int, _ total: Int) throws -> Void
  ) throws -> String {
    guard !settings.isOffline else {
      if let path = local(reference) { return path }
      throw HubError(
        .unavailable,
        "'\(HubReference.prefix)\(reference.repository)' is not whole in \(settings.cache); fetch it without --offline")
    }
    let commit = try commit(of: reference)
    let files = try files(of: reference.repository, commit)
    let selection = try HubSelection(
      of: files.map(\.path), choice: reference.choice, repository: reference.repository)
    let wanted = files.filter { selection.paths.contains($0.path) }
    let cache = HubCache(settings, repository: reference.repository)
    try cache.makeFolders(for: commit)
    let total = wanted.reduce(0) { $0 + $1.byteCount }
    var done = 0
    for file in wanted {
      try withoutActuallyEscaping(progress) { progress in
        try HubDownload(
          file: file, url: url(reference.repository, "resolve", commit, file.path), token: settings.token, cache: cache,
          progress: { [done] count in try progress(file.path, done + count, total) }, wait: wait
        ).run()
      }
      done += file.byteCount
      try progress(file.path, done, total)
      try cache.link(file, in: commit)
    }
    try cache.note(reference.revision, is: commit)
    return Self.path(cache, commit, selection)
  }

  private static func path(_ cache: HubCache, _ commit: String, _ selection: HubSelection) -> String {
    let folder = cache.snapshot(commit)
    return selection.opened.isEmpty ? folder : "\(folder)/\(selection.opened)"
  }

  /// Of a folder, parts may be missing that only its index names.
  private static func isWhole(_ selection: HubSelection, _ files: [String]) -> Bool {
    guard selection.opened.isEmpty else { return true }
    let split = files.filter { $0.hasSuffix(".safetensors") && $0.contains("-of-") }
    guard let first = split.first else { return true }
    let count = first.dropLast(".safetensors".count).split(separator: "-").last.flatMap { Int($0) }
    return files.contains("model.safetensors.index.json") && split.count == count
  }

  // MARK: What the hub says

  private func commit(of reference: HubReference) throws(HubError) -> String {
    let subject = "\(reference.repository) at \(reference.revision)"
    let revision = Self.escaped(reference.revision, keeping: "")
    let answer = try ask(
      "\(settings.endpoint)/api/models/\(reference.repository)/revision/\(revision)", subject: subject)
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONParser.parse(answer.body)
    } catch {
      throw HubError(.damaged, "what the hub says of \(subject) is no JSON: \(error)")
    }
    guard let commit = value["sha"]?.string, HubFile.isHex(commit, count: 40) else {
      throw HubError(.damaged, "the hub does not say which commit \(subject) is")
    }
    return commit
  }

  /// All files, over as many pages as the hub makes.
  private func files(of repository: String, _ commit: String) throws(HubError) -> [HubFile] {
    var next: String? = "\(settings.endpoint)/api/models/\(repository)/tree/\(commit)?recursive=true"
    var files: [HubFile] = []
    for _ in 0..<Self.pageLimit {
      guard let url = next else { return files }
      let answer = try ask(url, subject: repository)
      files += try HubFile.list(answer.body)
      next = Self.next(in: answer.headers["link"])
      // The token is the endpoint's alone.
      if let next, !next.hasPrefix(settings.endpoint + "/") {
        throw HubError(.damaged, "the hub's list of files goes on at another place, '\(next.prefix(200))'")
      }
    }
    throw HubError(.damaged, "the hub's list of files of \(repository) has more than \(Self.pageLimit) pages")
  }

  private func ask(_ url: String, subject: String) throws(HubError) -> (body: [UInt8], headers: [String: String]) {
    var failures = 0
    while true {
      var body: [UInt8] = []
      do throws(HTTPTransfer.Failure) {
        let answer = try HTTPTransfer(url: url, token: settings.token).run { bytes in
          guard body.count + bytes.count <= Self.answerLimit else { return false }
          body.append(contentsOf: bytes)
          return true
        }
        return (body, answer.headers)
      } catch {
        failures += 1
        if (400..<500).contains(error.status), error.status != 429 { throw .refused(error.status, subject) }
        guard failures < 3 else {
          throw HubError(
            .unavailable,
            "\(settings.endpoint) cannot be asked for \(subject): \(error.text); look at the network and at "
              + "HF_ENDPOINT, or use --offline")
        }
        wait(1 << failures)
      }
    }
  }

  private func url(_ repository: String, _ route: String, _ commit: String, _ path: String) -> String {
    "\(settings.endpoint)/\(repository)/\(route)/\(commit)/\(Self.escaped(path, keeping: "/"))"
  }

  /// A path as URLs have it.
  static func escaped(_ text: String, keeping kept: String) -> String {
    var result = ""
    for byte in text.utf8 {
      let isPlain =
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-._~\(kept)".utf8.contains(byte)
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%\(digits.utf8.count < 2 ? "0" : "")\(digits)"
      }
    }
    return result
  }

  /// The address of the next page in a header `Link: <…>; rel="next"`.
  static func next(in link: String?) -> String? {
    guard let link else { return nil }
    for part in link.split(separator: ",") where part.contains(#"rel="next""#) {
      guard let start = part.firstIndex(of: "<"), let end = part.firstIndex(of: ">"), start < end else { continue }
      return String(part[part.index(after: start)..<end])
    }
    return nil
  }
}
