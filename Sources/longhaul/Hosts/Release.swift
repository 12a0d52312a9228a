import Foundation
import WeightDistribution

/// The files of a program as hosts get them: the executable, its resources, and libraries beside it.
struct Release: Hashable {
  struct File: Hashable {
    /// In the folder.
    let name: String
    /// In hexadecimal.
    let hash: String
  }

  /// Where the files are on this machine.
  let folder: String
  /// The executable's name there; on hosts it is `longhaul`.
  let program: String
  /// The executable first, the others in order.
  let files: [File]
  /// What the executable says to --version.
  let version: String

  /// What `sha256sum --check` reads on a host.
  var sums: String {
    files.map { "\($0.hash)  \($0.name == program ? "longhaul" : $0.name)\n" }.joined()
  }

  /// Stands for all files: the start of the hash of `sums`.
  var id: String { String(Self.hexadecimal(of: sums).prefix(16)) }

  /// - Parameter path: of an executable; nil is this one.
  /// - Throws: `CommandFailure` that names what cannot be read or run.
  init(program path: String?) async throws {
    let url = URL(fileURLWithPath: path ?? "/proc/self/exe").resolvingSymlinksInPath()
    let place = url.deletingLastPathComponent().path
    (folder, program) = (place, url.lastPathComponent)
    files = try ([url.lastPathComponent] + Self.companions(in: place)).map { name in
      File(name: name, hash: try Self.hash(of: "\(place)/\(name)"))
    }
    version = path == nil ? BuildInfo.version : try await Self.version(of: url)
  }

  init(folder: String, program: String, files: [File], version: String) {
    (self.folder, self.program, self.files, self.version) = (folder, program, files, version)
  }

  /// The hash of a text, in hexadecimal.
  static func hexadecimal(of text: String) -> String {
    var hash = SHA256()
    hash.update(Array(text.utf8))
    return hexadecimal(hash.finalize())
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
  }

  /// Resources and libraries that belong to the program.
  private static func companions(in folder: String) -> [String] {
    func names(_ path: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
    let resources = "longhaul_longhaul.resources"
    return (names(folder).filter { $0.contains(".so") } + names("\(folder)/\(resources)").map { "\(resources)/\($0)" })
      .filter { name in
        var status = stat()
        return stat("\(folder)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      }.sorted()
  }

  private static func hash(of path: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandFailure(.usage, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var hash = SHA256()
    var part = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw CommandFailure(.usage, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
      }
      guard count > 0 else { return hexadecimal(hash.finalize()) }
      part.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }

  private static func version(of program: URL) async throws -> String {
    let outcome = try await LocalCommand(words: [program.path, "--version"], limit: 30).run()
    let version = outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    guard outcome.status == 0, !version.isEmpty, version.utf8.count < 100, !version.contains(where: \.isNewline) else {
      throw CommandFailure(.usage, "'\(program.path)' does not say its version; pass the longhaul program")
    }
    return version
  }
}

/// Why a program does not run on a host, and what to install there.
enum ProgramFailure {
  /// Packages of Debian and Ubuntu by the names of libraries that the program links.
  private static let packages = [
    "libzmq.so.5": "libzmq5", "libprotobuf-c.so.1": "libprotobuf-c1", "libcrypto.so.3": "libssl3",
    "libcurl.so.4": "libcurl4", "libstdc++.so.6": "libstdc++6", "libgcc_s.so.1": "libgcc-s1",
  ]

  /// The remedy for what the loader or `ldd` said; nil where it is no failure of theirs.
  static func remedy(_ errors: String) -> String? {
    if errors.contains("GLIBC_") || errors.contains("GLIBCXX_") {
      return "its C library is older than the program's; build on the older system, or bring the host to Debian 12, "
        + "Ubuntu 24.04 or later"
    }
    if errors.contains("Exec format error") || errors.contains("cannot execute binary file") {
      return "the program is for another processor; pass one for the host's with --program"
    }
    let missing = Set(errors.matches(of: /\blib[A-Za-z0-9_+.\-]*\.so[.0-9]*/).map { String($0.0) })
    guard errors.contains("not found") || errors.contains("cannot open shared object file"), !missing.isEmpty else {
      return nil
    }
    if missing.contains(where: { $0.hasPrefix("libswift") || $0 == "libdispatch.so" || $0.contains("Foundation") }) {
      return
        "it lacks Swift's libraries; copy a program that has them: unpack the tarball of deploy/package.sh and pass "
        + "its lib/longhaul/longhaul with --program"
    }
    let names = missing.sorted()
    let known = names.compactMap { packages[$0] }
    return known.count == names.count
      ? "run there: apt-get install \(known.sorted().joined(separator: " "))"
      : "install the packages that have \(names.joined(separator: ", "))"
  }
}
