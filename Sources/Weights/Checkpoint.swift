package import Inference

/// A model file opened for reading: what it says of itself, and where its weights lie.
///
/// Opening reads and checks headers only. What needs more than a sound header (the model's shape, the tokenizer) is
/// checked when asked for, so that files with only one of them can be opened too. Throws `CheckpointError`.
package struct Checkpoint: Sendable {
  let file: GGUFFile

  /// Opens the file at `path`; any shard of a split checkpoint opens all of them.
  package init(path: String) throws(CheckpointError) {
    self.file = try GGUFFile(path: path)
  }

  package var metadata: Metadata { file.metadata }
  /// The tensor directory.
  package var tensors: [TensorEntry] { file.tensors }
  /// Names of the files it consists of, without their folder.
  package var fileNames: [String] { file.fileNames }
  /// Bytes of all its files.
  package var byteCount: Int { file.byteCount }

  /// What it says of its tokenizer, read anew on each use; throws the reason when there is none.
  package var tokenizer: TokenizerDescription {
    get throws(CheckpointError) { try TokenizerDescription(self) }
  }
}
