import Testing

@testable import longhaul

@Suite("What a command needs of the system's limits")
struct ProcessNeedsTests {
  private static let needs = ProcessNeeds(threadCount: 30, descriptorCount: 100)

  @Test("what the limits allow is started, this machine's too")
  func enough() throws {
    try Self.needs.require(descriptorLimit: 100, startable: { $0 })
    try ProcessNeeds(threadCount: 20, descriptorCount: 1).require()
  }

  @Test("too few open files are refused with both numbers and the command that raises them")
  func descriptors() {
    let failure = #expect(throws: CommandFailure.self) {
      try Self.needs.require(descriptorLimit: 99, startable: { $0 })
    }
    #expect(failure?.description.contains("100 open files, and the limit is 99; raise it with ulimit -n 100") == true)
    #expect(failure?.status == .unavailable)
  }

  @Test("too few threads are refused before any is used, with the limit that is known")
  func threads() throws {
    let failure = #expect(throws: CommandFailure.self) {
      try Self.needs.require(descriptorLimit: 100, startable: { _ in 14 })
    }
    #expect(failure?.description.contains("needs 30 threads, and 14 can be started") == true)
    #expect(failure?.description.contains("ulimit -u") == true)
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
