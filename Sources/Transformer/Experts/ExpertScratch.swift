import Core
import Tensors

/// Every buffer that a stage's mixtures of experts need besides `ForwardScratch`, allocated once for the largest step.
/// Row-major; a row is given to `usedCount` experts, which makes so many **assignments** of it.
final class ExpertScratch {
  /// `[rows, expertCount]`: the router's scores.
  let scores: AlignedBuffer<Float>
  /// `[rows, 1]`: the shared expert's scores.
  let sharedScores: AlignedBuffer<Float>
  /// `[rows, usedCount]`: the experts of each row, ascending.
  let chosen: AlignedBuffer<Int32>
  /// `[rows, usedCount]`: what their outputs are multiplied by.
  let weights: AlignedBuffer<Float>
  let groups: ExpertGroups
  /// `[assignments, hiddenSize]`, grouped by expert: the experts' inputs, then their outputs. `[rows, hiddenSize]`
  /// behind them: the shared expert's output.
  let grouped: AlignedBuffer<Float>

  /// Bytes of all buffers that grow with the rows.
  var byteCount: Int {
    scores.byteCount + sharedScores.byteCount + chosen.byteCount + weights.byteCount + groups.assignmentByteCount
      + grouped.byteCount
  }

  /// - Parameter widths: of the stage's layers that have experts.
  init(_ widths: ExpertWidths, rowCapacity: Int) throws {
    scores = try AlignedBuffer(count: rowCapacity * widths.expertCount)
    sharedScores = try AlignedBuffer(count: rowCapacity)
    chosen = try AlignedBuffer(count: rowCapacity * widths.usedCount)
    weights = try AlignedBuffer(count: rowCapacity * widths.usedCount)
    groups = try ExpertGroups(
      expertCapacity: widths.expertCount, assignmentCapacity: rowCapacity * widths.usedCount)
    grouped = try AlignedBuffer(count: rowCapacity * widths.grouped)
  }
}
