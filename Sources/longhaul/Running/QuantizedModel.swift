import Foundation
import Weights

/// A model whose weights are quantized when it is first loaded: the file that `longhaul quantize` would write, kept in
/// the weights cache.
enum QuantizedModel {
  /// The path of the file.
  /// - Throws: as `ModelWriting`, and `CommandFailure` where there is no folder for it.
  static func path(of source: String, _ mix: QuantizationMix) throws -> String {
    guard let cache = WeightsCacheOptions.defaultFolder else {
      throw CommandFailure(
        .usage, "this user has no home folder to keep the quantized model in; write it with longhaul quantize")
    }
    let checkpoint = try Checkpoint(path: source)
    // Another version of the model has another folder.
    let folder = "\(cache)/quantized/\(checkpoint.versionFingerprint)"
    let name = URL(fileURLWithPath: source).lastPathComponent
    let stem = name.hasSuffix(".gguf") ? String(name.dropLast(5)) : name
    let path = "\(folder)/\(stem)-\(mix.name).gguf"
    let files = FileManager.default
    if files.fileExists(atPath: path) { return path }
    try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let unfinished = "\(path).\(ProcessInfo.processInfo.processIdentifier)"
    try ModelWriting(checkpoint: checkpoint, output: unfinished).run("quantizing to \(mix.name)", mix: mix)
    guard rename(unfinished, path) == 0 else {
      throw CommandFailure(.runtime, "cannot rename '\(unfinished)': \(String(cString: strerror(errno)))")
    }
    return path
  }
}
