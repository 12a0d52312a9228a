import Core
import Tensors
import Tokenization
import Weights

/// Writes a model as a GGUF file.
struct ModelWriting {
  let checkpoint: Checkpoint
  let output: String
  var threadCount = Host.coreCount

  func run(_ title: String, mix: QuantizationMix?, importance: ImportanceMatrix? = nil) throws {
    let writer = try GGUFFileWriter(
      checkpoint, mix: mix, tokenizer: try tokenizer(), importance: importance)
    let pool = try ComputePool(threadCount: threadCount)
    try InterruptibleWork.run(
      title, sharesOf: { progress in try writer.write(to: output, pool: pool, progress: progress) })
    StandardError.line("longhaul: \(output): \(writer.byteCount) bytes")
  }

  /// Of a folder; a GGUF file has its own.
  private func tokenizer() throws -> TokenizerDescription? {
    guard checkpoint.isFolder else { return nil }
    return try ModelOptions.tokenizer(of: checkpoint).asGGUF()
  }
}
