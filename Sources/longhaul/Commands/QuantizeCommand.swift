import ArgumentParser
import Weights

/// `longhaul quantize`: a model with its weights in fewer bits.
struct QuantizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantize",
    abstract: "Writes a model in F32, F16 or BF16 as a GGUF file with its weights in fewer bits.",
    discussion: "Types: \(QuantizationMix.all.map(\.name).joined(separator: ", ")).")

  @Argument(help: "A GGUF file, the first part of a split one, or a Hugging Face folder.")
  var model: String

  @Argument(help: "The GGUF file to write; it must not exist.")
  var output: String

  @Argument(help: "How weights are stored, for example Q4_K_M.", transform: QuantizationMix.parse)
  var type: QuantizationMix

  @Option(help: "A GGUF file by llama-imatrix: how much the error of each column counts.")
  var imatrix: String?

  @OptionGroup var work: WritingOptions

  func run() throws {
    let checkpoint = try Checkpoint(path: model)
    let importance = try imatrix.map { try ImportanceMatrix(path: $0) }
    try ModelWriting(checkpoint: checkpoint, output: output, threadCount: work.threadCount)
      .run("quantizing", mix: type, importance: importance)
  }
}

extension QuantizationMix {
  static func parse(_ text: String) throws -> QuantizationMix {
    guard let mix = QuantizationMix(named: text) else {
      throw ValidationError("'\(text)' is none of \(all.map(\.name).joined(separator: ", "))")
    }
    return mix
  }
}
