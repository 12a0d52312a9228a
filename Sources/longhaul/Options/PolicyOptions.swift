import ArgumentParser
import Inference

/// SelfExtend's two numbers; both automatic unless given.
struct PolicyOptions: ParsableArguments {
  @Option(help: "SelfExtend's G: positions that share one far position. 1 is plain attention. Default: automatic.")
  var groupSize: Int?

  @Option(help: "SelfExtend's w: the last tokens that keep their distance. Default: a quarter of the trained length.")
  var neighborWindow: Int?

  var request: PolicyRequest { PolicyRequest(groupSize: groupSize, neighborWindow: neighborWindow) }
}
