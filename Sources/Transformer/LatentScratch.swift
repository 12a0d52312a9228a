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

  /// Bytes of all buffers that grow with the rows.
  var byteCount: Int { queryLatents.byteCount + latents.byteCount + heads.byteCount }

  /// - Parameter widths: of the stage's layers that have latents.
  init(_ widths: LatentWidths, rowCapacity: Int) throws {
    queryLatents = try AlignedBuffer(count: rowCapacity * widths.queryLatents)
    latents = try AlignedBuffer(count: rowCapacity * widths.latents)
    heads = try AlignedBuffer(count: rowCapacity * widths.heads)
    groups = try ExpertGroups(expertCapacity: widths.headCount, assignmentCapacity: 0)
  }
}
