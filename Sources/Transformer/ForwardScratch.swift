import Inference
import Tensors

/// Every buffer of a stage's forward pass, allocated once for the largest step. Row-major, f32, `rows` at most
/// `rowCapacity`.
final class ForwardScratch {
  let rowCapacity: Int
  /// `[rows, hiddenSize]`: the hidden states, residuals added in place.
  let hidden: AlignedBuffer<Float>
  /// `[rows, hiddenSize]`: normed input of a block, then a block's output.
  let normed: AlignedBuffer<Float>
  /// `[rows, querySize]`
  let queries: AlignedBuffer<Float>
  /// `[rows, keyValueSize]`
  let keys: AlignedBuffer<Float>
  /// `[rows, keyValueSize]`
  let values: AlignedBuffer<Float>
  /// `[rows, querySize]`
  let attended: AlignedBuffer<Float>
  /// `[rows, feedForwardSize]`
  let gate: AlignedBuffer<Float>
  /// `[rows, feedForwardSize]`
  let up: AlignedBuffer<Float>

  init(configuration: ModelConfiguration, rowCapacity: Int) throws {
    self.rowCapacity = rowCapacity
    hidden = try AlignedBuffer(count: rowCapacity * configuration.hiddenSize)
    normed = try AlignedBuffer(count: rowCapacity * configuration.hiddenSize)
    queries = try AlignedBuffer(count: rowCapacity * configuration.querySize)
    keys = try AlignedBuffer(count: rowCapacity * configuration.keyValueSize)
    values = try AlignedBuffer(count: rowCapacity * configuration.keyValueSize)
    attended = try AlignedBuffer(count: rowCapacity * configuration.querySize)
    gate = try AlignedBuffer(count: rowCapacity * configuration.feedForwardSize)
    up = try AlignedBuffer(count: rowCapacity * configuration.feedForwardSize)
  }
}
