import Core
import Tensors
import Weights

/// A matrix of weights as numbers, `[rowCount (out)][columnCount (in)]`.
struct PlainMatrix {
  private let rows: [[Double]]

  init(_ matrix: WeightMatrix) {
    precondition(matrix.rowByteCount == 4 * matrix.columnCount, "the plain backend reads F32 alone")
    let bytes = matrix.bytes
    rows = (0..<matrix.rowCount).map { row in
      (0..<matrix.columnCount).map {
        Double(bytes.loadUnaligned(fromByteOffset: row * matrix.rowByteCount + $0 * 4, as: Float.self))
      }
    }
  }

  func row(_ index: Int) -> [Double] { rows[index] }

  /// `W · x`.
  func product(_ input: [Double]) -> [Double] { rows.map { dot($0[...], input[...]) } }
}

/// A matrix with what is added to its product.
struct PlainLinear {
  private let matrix: PlainMatrix
  private let bias: [Float]?

  init(_ linear: Linear<WeightMatrix>) {
    matrix = PlainMatrix(linear.weight)
    bias = linear.bias
  }

  /// `W · x + bias`.
  func product(_ input: [Double]) -> [Double] {
    let product = matrix.product(input)
    guard let bias else { return product }
    return zip(product, bias).map { $0 + Double($1) }
  }
}

/// A norm with its weights.
struct PlainNorm {
  private let kind: NormKind
  private let weights: [Double]
  private let bias: [Double]

  init(_ kind: NormKind, _ norm: NormWeights) {
    self.kind = kind
    weights = norm.weights.map(Double.init)
    bias = norm.bias?.map(Double.init) ?? Array(repeating: 0, count: weights.count)
  }

  func applied(to input: [Double]) -> [Double] {
    let mean: Double
    let epsilon: Double
    switch kind {
    case .rms(let small): (mean, epsilon) = (0, Double(small))
    case .layer(let small): (mean, epsilon) = (input.reduce(0, +) / Double(input.count), Double(small))
    }
    let centered = input.map { $0 - mean }
    let variance = dot(centered[...], centered[...]) / Double(input.count)
    let scale = 1 / (variance + epsilon).squareRoot()
    return centered.indices.map { index -> Double in
      let number = centered[index] * scale * weights[index]
      return number + bias[index]
    }
  }
}

func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
  var sum = 0.0
  for (x, y) in zip(a, b) { sum += x * y }
  return sum
}
