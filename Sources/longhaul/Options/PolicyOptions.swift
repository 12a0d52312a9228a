import ArgumentParser
import Inference

/// SelfExtend's two numbers, automatic unless given, and the length that "automatic" starts from.
struct PolicyOptions: ParsableArguments {
  @Option(help: "SelfExtend's G: positions that share one far position. 1 is plain attention. Default: automatic.")
  var groupSize: Int?

  @OptionGroup var window: WindowOptions

  /// The options, and the file's word on what they leave open.
  /// - Throws: a `CommandFailure` that names the file and the key.
  func settings() throws -> PolicyFile { try window.settings(groupSize: groupSize) }
}

/// What makes a policy beside G.
struct WindowOptions: ParsableArguments {
  @Option(help: "SelfExtend's w: the last tokens that keep their distance. Default: a quarter of the trained length.")
  var neighborWindow: Int?

  @Option(help: "The length the model was trained at, where its metadata say otherwise.")
  var trainedLength: Int?

  @Option(
    help: """
      A YAML file with group_size, neighbor_window and trained_length, each optional. Its policy is for text beyond \
      the trained length; options come before it.
      """)
  var config: String?

  func validate() throws {
    if let trainedLength, !(1...Limits.maximumContext).contains(trainedLength) {
      throw ValidationError("--trained-length must be between 1 and \(Limits.maximumContext)")
    }
  }

  /// The options, and the file's word on what they leave open.
  /// - Throws: a `CommandFailure` that names the file and the key.
  func settings(groupSize: Int?) throws -> PolicyFile {
    var settings = try config.map { try PolicyFile(path: $0) } ?? PolicyFile()
    if groupSize != nil || neighborWindow != nil {
      settings.replacePolicy(groupSize: groupSize, neighborWindow: neighborWindow)
    }
    settings.trainedLength = trainedLength ?? settings.trainedLength
    return settings
  }
}
