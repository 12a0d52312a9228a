import ArgumentParser
import Evaluation
import Core

/// Policies separated by commas.
struct PolicySettingList: ExpressibleByArgument {
  let values: [PolicySetting]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { PolicySetting($0) }
    guard !values.isEmpty, values.count == parts.count, parts.count <= 64 else { return nil }
  }
}

/// The policies to compare.
struct PolicySettingOptions: ParsableArguments {
  @Option(
    name: .customLong("policy"),
    help: "Policies to measure, separated by commas: plain, auto, or GxW (8x32: group size 8, neighbor window 32).")
  var policies: PolicySettingList?

  /// The policies given; else plain and the pair of `--group-size` and `--neighbor-window`, if given; else `standard`.
  func list(policy: PolicyRequest, standard: [PolicySetting]) -> [PolicySetting] {
    if let policies { return policies.values }
    guard let groupSize = policy.groupSize, groupSize > 1, let window = policy.neighborWindow else { return standard }
    return [.plain, .forced(groupSize: groupSize, neighborWindow: window)]
  }
}
