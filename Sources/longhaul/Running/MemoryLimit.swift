import Cluster

extension ByteSize {
  /// Refuses a worker's `--memory` that the kernel would kill it for using.
  /// - Parameter workerCount: workers of this machine, each with so much.
  /// - Throws: `CommandFailure` with both numbers.
  func requireWithinLimit(workerCount: Int = 1, groups: ControlGroups = ControlGroups()) throws {
    guard let limit = groups.memoryLimitByteCount, byteCount > limit / max(1, workerCount) else { return }
    let workers = workerCount == 1 ? "" : " for each of \(workerCount) workers"
    throw CommandFailure(
      .unavailable,
      "--memory \(ByteText.of(byteCount))\(workers) is more than the control group of this process may use, "
        + "\(ByteText.of(limit)); lower it, or raise the group's memory limit")
  }
}
