import Core
import Foundation

/// What processes of this program need of the system's limits. Checked before the first of them starts: a library that
/// finds no thread or descriptor in the middle of its work ends the process.
struct ProcessNeeds: Hashable {
  /// Threads of all the processes together.
  var threadCount: Int
  /// Open files of the process that has most.
  var descriptorCount: Int

  private static var coreCount: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Any command. With one thread fewer Dispatch was seen to wait for ever.
  static let program = ProcessNeeds(threadCount: 4, descriptorCount: 0)

  /// A coordinator; 10 threads on two processors, and 39 descriptors with two workers, were measured.
  static func coordinator(workerCount: Int) -> ProcessNeeds {
    ProcessNeeds(threadCount: 6 + 2 * coreCount, descriptorCount: 48 + 8 * workerCount)
  }

  /// A worker; 12 threads on two processors, two of them computing, and 33 descriptors were measured. As many threads
  /// as compute may hash weights.
  static func worker(threadCount: Int) -> ProcessNeeds {
    ProcessNeeds(threadCount: 8 + coreCount + 2 * threadCount, descriptorCount: 64)
  }

  /// A coordinator and the workers that it starts. Foundation starts no process below 256 descriptors.
  static func localCluster(workerCount: Int, threadCount: Int) -> ProcessNeeds {
    let (own, worker) = (coordinator(workerCount: workerCount), worker(threadCount: threadCount))
    return ProcessNeeds(
      threadCount: own.threadCount + workerCount * worker.threadCount,
      descriptorCount: max(256, own.descriptorCount + 4 * workerCount))
  }

  /// - Parameters:
  ///   - descriptorLimit: of each process.
  ///   - startable: how many of so many threads can be started at once.
  /// - Throws: `CommandFailure` that names the limit and what is needed.
  func require(
    descriptorLimit: Int = OpenFiles.limit, startable: (Int) -> Int = Self.startableThreadCount,
    groups: ControlGroups = ControlGroups()
  ) throws {
    guard descriptorLimit >= descriptorCount else {
      throw CommandFailure(
        .unavailable,
        "this command needs \(descriptorCount) open files, and the limit is \(descriptorLimit); raise it with "
          + "ulimit -n \(descriptorCount)")
    }
    let found = startable(threadCount)
    guard found >= threadCount else {
      let limit =
        groups.taskCount.map { "its control group (pids.max) leaves \($0) processes and threads" }
        ?? "the limit is that of the user (ulimit -u) or of the system"
      throw CommandFailure(
        .unavailable,
        "this command needs \(threadCount) threads, and \(found) can be started: \(limit); raise it, or use fewer "
          + "--workers or --threads")
    }
  }

  /// Starts so many threads, which only wait, and ends them again: any limit of any kernel shows in that.
  private static func startableThreadCount(_ count: Int) -> Int {
    let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(gate, nil)
    pthread_mutex_lock(gate)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 1 << 16)
    var threads: [pthread_t] = []
    for _ in 0..<count {
      var thread: pthread_t = 0
      let failure = pthread_create(
        &thread, &attributes,
        { gate in
          guard let gate = gate?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
          pthread_mutex_lock(gate)
          pthread_mutex_unlock(gate)
          return nil
        }, gate)
      guard failure == 0 else { break }
      threads.append(thread)
    }
    pthread_mutex_unlock(gate)
    for thread in threads { pthread_join(thread, nil) }
    pthread_attr_destroy(&attributes)
    pthread_mutex_destroy(gate)
    gate.deallocate()
    return threads.count
  }
}
