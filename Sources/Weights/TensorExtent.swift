/// Bytes of one of a checkpoint's files that have a name of their own: what a stage reads and workers give each other.
/// In a GGUF file these are its tensors; of a Hugging Face folder's, several may make one tensor (`TensorRecipe`).
package struct TensorExtent: Hashable, Sendable {
  package let name: String
  /// Which of the checkpoint's files holds it.
  package let fileIndex: Int
  /// Where it begins, counted from the beginning of that file.
  package let offset: Int
  package let byteCount: Int
}
