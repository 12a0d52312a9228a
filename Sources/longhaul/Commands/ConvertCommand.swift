import ArgumentParser
import Weights

/// `longhaul convert`: a Hugging Face folder as one GGUF file.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Converts a Hugging Face folder to one GGUF file.",
    discussion: "Weights keep their type; vectors become F32, 8-bit weights BF16. To make them smaller: quantize.")

  @Argument(help: "A folder with config.json, safetensors and a tokenizer.")
  var folder: String

  @Argument(help: "The GGUF file to write; it must not exist.")
  var output: String

  @OptionGroup var work: WritingOptions

  func run() throws {
    let checkpoint = try Checkpoint(path: folder)
    try ModelWriting(checkpoint: checkpoint, output: output, threadCount: work.threadCount).run("converting", mix: nil)
  }
}
