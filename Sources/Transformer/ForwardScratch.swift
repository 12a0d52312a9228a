import Core
import Tensors

/// Every buffer of a stage's forward pass, allocated once for the largest step and the widest layer. Row-major, f32,
/// `rows` at most `rowCapacity`; rows of a narrower layer lie closer together.
final class ForwardScratch {
  let rowCapacity: Int
  /// `[rows, hiddenSize]`: the hidden states, residuals added in place.
  let hidden: AlignedBuffer<Float>
  /// `[rows, hiddenSize]`: the normed input of a layer's part.
  let normed: AlignedBuffer<Float>
  /// `[rows, hiddenSize]`: a norm that both parts of a layer read, or what one gave while the other is computed; empty
  /// where no layer has parts beside each other.
  let kept: AlignedBuffer<Float>
  /// `[rows, widths.queries]`; where there are latents, also what queries are made of by the way.
  let queries: AlignedBuffer<Float>
  /// `[rows, widths.keyValues]`
  let keys: AlignedBuffer<Float>
  /// `[rows, widths.keyValues]`
  let values: AlignedBuffer<Float>
  /// `[rows, widths.queries]`, where there are latents `[queryHeads, rows, latent]`; then what the output projection
  /// reads.
  let attended: AlignedBuffer<Float>
  /// `[rows, widths.feedForward]`
  let gate: AlignedBuffer<Float>
  /// `[rows, widths.feedForward]`
  let up: AlignedBuffer<Float>
  /// `[rows]`: the tokens, where layers have inputs of their own.
  let tokens: AlignedBuffer<TokenID>
  /// `[rows, hiddenSize]`: their embeddings, as the first layer's hidden states were, where there are `tokens`.
  let embedded: AlignedBuffer<Float>
  /// `[rows, widths.perLayerInput]`
  let perLayerInput: AlignedBuffer<Float>
  /// Where the stage has layers with experts.
  let experts: ExpertScratch?
  /// Where the stage has layers with latents.
  let latent: LatentScratch?

  /// `[rows, hiddenSize]`: the output of a layer's part. It lies where its input does, which is not read any more.
  var output: UnsafeMutablePointer<Float> { normed.baseAddress }

  /// Bytes of all buffers that grow with the rows.
  var byteCount: Int {
    hidden.byteCount + normed.byteCount + kept.byteCount + queries.byteCount + keys.byteCount + values.byteCount
      + attended.byteCount + gate.byteCount + up.byteCount + tokens.byteCount + embedded.byteCount
      + perLayerInput.byteCount + (experts?.byteCount ?? 0) + (latent?.byteCount ?? 0)
  }

  /// - Parameter widths: of the stage's layers.
  init(_ widths: StepWidths, rowCapacity: Int) throws {
    self.rowCapacity = rowCapacity
    hidden = try AlignedBuffer(count: rowCapacity * widths.hidden)
    normed = try AlignedBuffer(count: rowCapacity * widths.hidden)
    kept = try AlignedBuffer(count: rowCapacity * widths.kept)
    queries = try AlignedBuffer(count: rowCapacity * widths.queries)
    keys = try AlignedBuffer(count: rowCapacity * widths.keyValues)
    values = try AlignedBuffer(count: rowCapacity * widths.keyValues)
    attended = try AlignedBuffer(count: rowCapacity * widths.queries)
    gate = try AlignedBuffer(count: rowCapacity * widths.feedForward)
    up = try AlignedBuffer(count: rowCapacity * widths.feedForward)
    let tokenCapacity = widths.perLayerInput > 0 ? rowCapacity : 0
    tokens = try AlignedBuffer(count: tokenCapacity)
    embedded = try AlignedBuffer(count: tokenCapacity * widths.hidden)
    perLayerInput = try AlignedBuffer(count: rowCapacity * widths.perLayerInput)
    experts = try widths.experts.map { try ExpertScratch($0, rowCapacity: rowCapacity) }
    latent = try widths.latents.map { try LatentScratch($0, rowCapacity: rowCapacity) }
  }
}
