/// What a measured speed holds for. Another program, host or share of it is measured again.
package struct SpeedKey: Hashable, Sendable {
  /// Version of the program.
  package var build: String
  package var numericsID: String
  /// What tells the host from others that share its folder.
  package var host: String
  /// The processor's model and the instruction set of its kernels.
  package var processor: String
  package var threadCount: Int
  /// Numbers of the processors that the threads may run on.
  package var processors: [Int]
  /// Processors' worth of time that a control group grants; nil without a quota.
  package var quota: Double?

  package init(
    build: String, numericsID: String, host: String, processor: String, threadCount: Int, processors: [Int],
    quota: Double?
  ) {
    self.build = build
    self.numericsID = numericsID
    self.host = host
    self.processor = processor
    self.threadCount = threadCount
    self.processors = processors
    self.quota = quota
  }

  /// The threads and where they run: a host keeps one record for each.
  var place: String { "\(threadCount) on \(processors.map { "\($0)" }.joined(separator: ","))" }
}
