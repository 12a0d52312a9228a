import Fixtures
import Foundation
import Glibc
import WeightDistribution
import Testing
import Wire

extension EndToEnd.WeightTransfer {
  /// One of three workers keeps weights on a disk of its own that holds too little; that one disk is in memory, seen by
  /// its worker alone, and gone with it.
  @Test(
    "a worker whose disk is full says so and what to do, and the others serve the same bytes",
    .enabled("no disk in memory can be mounted, which needs root") { try hasDisksInMemory() },
    arguments: ["size=200k", "size=64m,nr_inodes=9"])
  func full(disk: String) async throws {
    let wanted = try await answer(try await ServedCluster(workerCount: 2))
    let folder = try ScratchFolder()
    let mount = folder.path("cache-w1")
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    let program = try folder.program(
      """
      case "$*" in
      *"--name w1 "*) exec unshare -m sh -c 'mount -t tmpfs -o \(disk) disk "$0" && exec "$@"' \(mount) \
      \(Program.url.path) "$@" ;;
      *) exec \(Program.url.path) "$@" ;;
      esac
      """)
    let cluster = try await cluster(in: folder, spareCount: 1, program: program, hasOwnCaches: true)
    #expect(try await answer(cluster) == wanted)
    // It may have been a spare until now: with one of the others gone it is needed, and passed over.
    let body = EndToEnd.Recovery.request("The whale", tokens: 600, seed: 3, more: ", \"stream\": true")
    let whole = StreamedText(try await cluster.post("/v1/completions", body).body)
    let disturbed = cluster.stream("/v1/completions", body)
    await cluster.waitForTokens(3, in: disturbed.answer)
    cluster.kill(0)
    #expect(StreamedText(try await disturbed.end.value.body) == whole)
    #expect(try await cluster.waitForLog("w1", "stage failed"))
    let trouble = cluster.log("w1").split(separator: "\n").first { $0.contains("stage failed") } ?? ""
    print("a full disk (\(disk)): \(trouble)")
    #expect(trouble.contains(mount) && trouble.contains("free room"))
    #expect(cluster.workers[1].isRunning)
    // Whatever has a whole content's name on that disk is that content.
    let weights = "/proc/\(cluster.workers[1].processIdentifier)/root\(mount)/weights"
    for name in try FileManager.default.contentsOfDirectory(atPath: weights) where !name.hasSuffix(".part") {
      let bytes = try #require(FileManager.default.contents(atPath: "\(weights)/\(name)"))
      let hashes = stride(from: 0, to: bytes.count, by: WireLimits.blockByteCount).flatMap { start in
        ContentID(of: bytes[start..<min(bytes.count, start + WireLimits.blockByteCount)]).bytes
      }
      #expect(HashedContent(byteCount: bytes.count, blockHashes: hashes)?.id.description == name)
    }
  }

  private static func hasDisksInMemory() throws -> Bool {
    let process = Program.command(["unshare", "-m", "mount", "-t", "tmpfs", "disk", "/mnt"])
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
