import ArgumentParser
import Core
import Evaluation

/// The policy of positions; automatic by default.
struct PolicyOptions: ParsableArguments {
  @Option(
    name: .customLong("policy"),
    help: """
      Where far tokens are seen: auto (SelfExtend beyond the trained context), plain, self-extend[:G,w] or GxW, \
      rerope[:w], string[:w,W], jet-long[:G,w], self[:G,w]; auto in the place of a number chooses it. Commands that \
      compare take several, separated by commas. Default: auto.
      """,
    transform: PolicySettingList.parse)
  var policies: PolicySettingList?

  @Option(help: "SelfExtend group size G: positions per grouped position. 1 is plain attention. Default: automatic.")
  var groupSize: Int?

  @OptionGroup var window: WindowOptions

  func validate() throws {
    guard policies == nil || (groupSize == nil && window.neighborWindow == nil) else {
      throw ValidationError(
        "--policy has the numbers of its method; give --group-size and --neighbor-window, or --policy, not both")
    }
  }

  /// The options, completed by the file of `--config`.
  /// - Parameter compares: whether the command takes several policies. They are none of a file's.
  /// - Throws: a `CommandFailure` that names the file and the key, or says that one policy is too many.
  func settings(compares: Bool = false) throws -> PolicyFile {
    var settings = try window.settings(groupSize: groupSize)
    guard !compares, let policies else { return settings }
    guard policies.values.count == 1 else {
      throw CommandFailure(.usage, "this command takes one policy with --policy, not \(policies.values.count)")
    }
    settings.replacePolicy(policies.values[0].request)
    return settings
  }

  /// The policies to compare: those given; else plain and the pair of `--group-size` and `--neighbor-window`, if given;
  /// else `standard`.
  /// - Parameter policy: of options and file.
  func compared(policy: PolicyRequest, standard: [PolicySetting]) -> [PolicySetting] {
    if let policies { return policies.values }
    guard policy.isFixed, policy.groupSize != 1, policy.method != .selfExtend || policy.neighborWindow != nil else {
      return standard
    }
    var asked = policy
    asked.keepsShortTextPlain = false
    return [.plain, PolicySetting(asked)]
  }
}
