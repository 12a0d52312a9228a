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
  /// `[rows, widestQuerySize]`; where there are latents, also what queries are made of by the way.
  let queries: AlignedBuffer<Float>
  /// `[rows, keyValueSize]`
  let keys: AlignedBuffer<Float>
  /// `[rows, keyValueSize]`
  let values: AlignedBuffer<Float>
  /// `[rows, widestQuerySize]`, where there are latents `[queryHeads, rows, latent]`; then what the output projection
  /// reads.
  let attended: AlignedBuffer<Float>
  /// `[rows, feedForwardSize]`
  let gate: AlignedBuffer<Float>
  /// `[rows, feedForwardSize]`
  let up: AlignedBuffer<Float>
  /// Where the stage has layers with experts.
  let experts: ExpertScratch?
  /// Where the stage has layers with latents.
  let latent: LatentScratch?

  /// `[rows, hiddenSize]`: the output of a layer's part. It lies where its input does, which is not read any more.
  var output: UnsafeMutablePointer<Float> { normed.baseAddress }

  /// - Parameter layers: those of the stage.
  init(hiddenSize: Int, layers: [LayerShape], rowCapacity: Int) throws {
    self.rowCapacity = rowCapacity
    func widest(_ size: (LayerShape) -> Int) -> Int { layers.map(size).max() ?? 0 }
    let querySize = widest(\.attention.widestQuerySize)
    let keyValueSize = widest(\.attention.keyValueSize)
    let feedForwardSize = widest(\.feedForward.size)
    hidden = try AlignedBuffer(count: rowCapacity * hiddenSize)
    normed = try AlignedBuffer(count: rowCapacity * hiddenSize)
    kept = try AlignedBuffer(count: layers.contains(where: \.hasPartsBesideEachOther) ? rowCapacity * hiddenSize : 0)
    queries = try AlignedBuffer(count: rowCapacity * querySize)
    keys = try AlignedBuffer(count: rowCapacity * keyValueSize)
    values = try AlignedBuffer(count: rowCapacity * keyValueSize)
    attended = try AlignedBuffer(count: rowCapacity * querySize)
    gate = try AlignedBuffer(count: rowCapacity * feedForwardSize)
    up = try AlignedBuffer(count: rowCapacity * feedForwardSize)
    let mixtures = layers.compactMap(\.feedForward.experts)
    experts =
      mixtures.isEmpty ? nil : try ExpertScratch(mixtures, hiddenSize: hiddenSize, rowCapacity: rowCapacity)
    let latents = layers.map(\.attention).filter { $0.latent != nil }
    latent = latents.isEmpty ? nil : try LatentScratch(latents, rowCapacity: rowCapacity)
  }
}

extension LayerShape {
  fileprivate var hasPartsBesideEachOther: Bool {
    if case .gatedBesideExperts = feedForward { return true }
    return residual.isParallel
  }
}
