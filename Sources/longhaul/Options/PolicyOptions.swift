import ArgumentParser

/// SelfExtend's group size and neighbor window; automatic by default.
struct PolicyOptions: ParsableArguments {
  @Option(help: "SelfExtend group size G: positions per grouped position. 1 is plain attention. Default: automatic.")
  var groupSize: Int?

  @OptionGroup var window: WindowOptions

  /// The options, completed by the file of `--config`.
  /// - Throws: a `CommandFailure` that names the file and the key.
  func settings() throws -> PolicyFile { try window.settings(groupSize: groupSize) }
}
