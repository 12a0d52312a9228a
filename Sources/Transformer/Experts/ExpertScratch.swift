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

  /// - Parameter shapes: those of the stage's layers that have experts.
  init(_ shapes: [ExpertsShape], hiddenSize: Int, rowCapacity: Int) throws {
    func most(_ count: (ExpertsShape) -> Int) -> Int { shapes.map(count).max() ?? 0 }
    let (expertCount, usedCount) = (most(\.expertCount), most(\.usedCount))
    scores = try AlignedBuffer(count: rowCapacity * expertCount)
    sharedScores = try AlignedBuffer(count: rowCapacity)
    chosen = try AlignedBuffer(count: rowCapacity * usedCount)
    weights = try AlignedBuffer(count: rowCapacity * usedCount)
    groups = try ExpertGroups(expertCapacity: expertCount, assignmentCapacity: rowCapacity * usedCount)
    grouped = try AlignedBuffer(count: rowCapacity * most { $0.usedCount + ($0.shared == nil ? 0 : 1) } * hiddenSize)
  }
}
