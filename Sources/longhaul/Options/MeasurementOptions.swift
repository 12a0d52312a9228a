import ArgumentParser

/// Options of every command that measures a model on a local cluster.
struct MeasurementOptions: ParsableArguments {
  @OptionGroup var cluster: LocalClusterOptions
  @OptionGroup var cache: KVCacheOptions
  @OptionGroup var policy: PolicyOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Show no progress on stderr.")
  var quiet = false
}
