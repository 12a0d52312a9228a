import ArgumentParser
import Core

/// Options of a policy besides the group size.
struct WindowOptions: ParsableArguments {
  @Option(
    help: "SelfExtend neighbor window w: the last tokens at exact positions. Default: a quarter of the trained context."
  )
  var neighborWindow: Int?

  @Option(help: "Trained context length of the model, overriding its metadata.")
  var trainedLength: Int?

  @Option(
    help: """
      Scaling of RoPE in place of the file's: none, linear:FACTOR or yarn:FACTOR[:ORIGINAL], of the original length \
      ORIGINAL. It multiplies the trained context by FACTOR and changes short text, too. Default: as the file states.
      """, transform: Self.rope)
  var ropeScaling: RopeOverride?

  @Option(
    help: """
      A YAML file with policy, or group_size and neighbor_window, trained_length and rope_scaling, each optional; of a \
      server, with any of its options. Its policy applies to text beyond the trained context; options override it.
      """)
  var config: String?

  /// The lines of a policy in a server's file, which is read only once: it may be a pipe.
  @Option(name: .customLong("policy-of-file"), help: .hidden)
  var policyOfFile: String?

  func validate() throws {
    if let trainedLength, !(1...Limits.maximumContext).contains(trainedLength) {
      throw ValidationError("--trained-length must be between 1 and \(Limits.maximumContext)")
    }
  }

  /// The options, completed by the file of `--config`.
  /// - Throws: a `CommandFailure` that names the file and the key.
  func settings(groupSize: Int?) throws -> PolicyFile {
    var settings =
      try config.map { path in
        try policyOfFile.map { try PolicyFile(Array($0.utf8), path: path) } ?? PolicyFile(path: path)
      } ?? PolicyFile()
    if groupSize != nil || neighborWindow != nil {
      settings.replacePolicy(PolicyRequest(groupSize: groupSize, neighborWindow: neighborWindow))
    }
    settings.trainedLength = trainedLength ?? settings.trainedLength
    settings.rope = ropeScaling ?? settings.rope
    return settings
  }

  private static func rope(_ argument: String) throws -> RopeOverride {
    do throws(RopeOverrideError) {
      return try RopeOverride(argument)
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
