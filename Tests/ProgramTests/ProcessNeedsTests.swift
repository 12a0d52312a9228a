import Testing

@testable import longhaul

@Suite("What a command needs of the system's limits")
struct ProcessNeedsTests {
  static let needs = ProcessNeeds(threadCount: 30, descriptorCount: 100)

  @Test("what the limits allow is started, this machine's too")
  func enough() throws {
    try Self.needs.require(descriptorLimit: 100, startable: { $0 })
    try ProcessNeeds(threadCount: 20, descriptorCount: 1).require()
  }

  /// What is needed, what there is, and the words of the refusal.
  static let lacks: [(needs: ProcessNeeds, descriptors: Int, threads: Int, words: [String])] = [
    (needs, 99, 30, ["100 open files, and the limit is 99; raise it with ulimit -n 100"]),
    (needs, 0, 30, ["100 open files, and the limit is 0; raise it with ulimit -n 100"]),
    (needs, 100, 14, ["needs 30 threads, and 14 can be started", "ulimit -u"]),
    (needs, 100, 29, ["needs 30 threads, and 29 can be started", "ulimit -u"]),
    (needs, 100, 0, ["needs 30 threads, and 0 can be started", "ulimit -u"]),
    // Without these not even an argument would be read.
    (.program, 3, 3, ["needs 4 threads, and 3 can be started"]),
    (.localCluster(workerCount: 8, threadCount: 2), 8, 1000, ["open files, and the limit is 8; raise it"]),
  ]

  @Test("too little of anything is refused before any is used, with what is needed and what there is", arguments: lacks)
  func refused(needs: ProcessNeeds, descriptors: Int, threads: Int, words: [String]) {
    let failure = #expect(throws: CommandFailure.self) {
      try needs.require(descriptorLimit: descriptors, startable: { min($0, threads) })
    }
    for part in words { #expect(failure?.description.contains(part) == true, "\(failure?.description ?? "")") }
    #expect(failure?.status == .unavailable)
  }

  @Test("what is exactly enough is started, the few threads of any command, too")
  func exact() throws {
    try ProcessNeeds.program.require(descriptorLimit: 3, startable: { $0 })
    try Self.needs.require(descriptorLimit: 100, startable: { min($0, 30) })
  }

  @Test("a cluster needs its workers' threads, too, and each process its own descriptors")
  func clusters() {
    let one = ProcessNeeds.localCluster(workerCount: 1, threadCount: 2)
    let eight = ProcessNeeds.localCluster(workerCount: 8, threadCount: 2)
    #expect(eight.threadCount - one.threadCount == 7 * ProcessNeeds.worker(threadCount: 2).threadCount)
    #expect(one.descriptorCount == 256)
    #expect(
      ProcessNeeds.localCluster(workerCount: 64, threadCount: 1).descriptorCount
        > ProcessNeeds.coordinator(workerCount: 64).descriptorCount)
  }
}
