import CKernels
import Core
import Tensors
import Weights

/// A layer's own input: what each token gives it beside the hidden states, weighed by these.
///
/// Of a token with the embedding e (scaled as for the first layer) and the row t of the layer's table, both of which
/// any stage can look up, the input is `(norm(projection(e) / sqrt(hidden)) + t * sqrt(size)) / sqrt(2)`. To the hidden
/// states h is added `norm(output(gelu(gate(h)) * input))`. **Order**: the scales and the sum as they stand here.
struct PerLayerInput {
  let scratch: ForwardScratch
  let product: MatrixProduct
  let norm: Norm
  let residual: Residual
  let hiddenSize: Int
  let pool: ComputePool

  /// Adds a layer's share to `scratch.hidden`.
  func forward(_ shape: LayerShape, _ weights: PerLayerInputWeights<PackedMatrix>, rows: Int) {
    let (input, gate) = (scratch.perLayerInput.baseAddress, scratch.gate.baseAddress)
    product(
      scratch.embedded.baseAddress, rows: rows,
      MatrixProduct.Term(linear: Linear(weight: weights.projection), output: input))
    product(
      scratch.hidden.baseAddress, rows: rows, MatrixProduct.Term(linear: Linear(weight: weights.gate), output: gate))
    let size = shape.perLayerInputSize
    pool.forEachSlice(of: rows, granularity: 1) { slice, _ in
      for row in slice {
        makeInput(row: row, shape, weights)
        lh_gelu_multiply(gate + row * size, input + row * size, Int64(size))
      }
    }
    product(gate, rows: rows, MatrixProduct.Term(linear: Linear(weight: weights.output), output: scratch.output))
    norm.normalizeOutput(shape.norm, weights.outputNorm, rows: rows)
    residual.add(scale: 1, rows: rows)
  }

  /// Replaces the row's projection by the input. The token's numbers pass through `scratch.up`.
  private func makeInput(row: Int, _ shape: LayerShape, _ weights: PerLayerInputWeights<PackedMatrix>) {
    let size = shape.perLayerInputSize
    let input = scratch.perLayerInput.baseAddress + row * size
    let numbers = scratch.up.baseAddress + row * size
    guard let stored = weights.table.bytes(of: scratch.tokens.baseAddress[row]) else {
      preconditionFailure("token id out of the vocabulary")
    }
    lh_scale(input, 1 / Float(hiddenSize).squareRoot(), Int64(size))
    shape.norm.apply(to: input, weights.projectionNorm, into: input)
    lh_dequantize(weights.table.rows.type.kernelType, stored, numbers, Int64(size))
    lh_scale(numbers, Float(size).squareRoot(), Int64(size))
    lh_add(input, numbers, Int64(size))
    lh_scale(input, Float(0.5).squareRoot(), Int64(size))
  }
}
