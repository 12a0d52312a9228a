import Core
import Tensors

/// Every buffer that a stage's attention over latents needs besides `ForwardScratch`, allocated once for the largest
/// step. Row-major, f32.
final class LatentScratch {
  /// `[rows, querySize]`: the vectors that queries are made of.
  let queryLatents: AlignedBuffer<Float>
  /// `[rows, latent + turning]`
  let latents: AlignedBuffer<Float>
  /// `[rows, queryHeads, plain + turning]`: queries as a matrix makes them; then `[queryHeads, rows, value]`, what each
  /// head gives.
  let heads: AlignedBuffer<Float>
  /// Every row is given to every head, as it would be to experts.
  let groups: ExpertGroups

  /// - Parameter shapes: those of the stage's layers that have latents.
  init(_ shapes: [AttentionShape], rowCapacity: Int) throws {
    func most(_ count: (AttentionShape) -> Int) -> Int { shapes.map(count).max() ?? 0 }
    queryLatents = try AlignedBuffer(count: rowCapacity * most { $0.latent?.querySize ?? 0 })
    latents = try AlignedBuffer(count: rowCapacity * most(\.headDimension))
    heads = try AlignedBuffer(count: rowCapacity * most { max($0.projectedQuerySize, $0.outputSize) })
    groups = try ExpertGroups(expertCapacity: most(\.queryHeadCount), assignmentCapacity: 0)
  }
}
