import Core
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
  private let epsilon: Double
  private let weights: [Double]

  init(_ kind: NormKind, _ weights: [Float]) {
    switch kind {
    case .rms(let epsilon): self.epsilon = Double(epsilon)
    }
    self.weights = weights.map(Double.init)
  }

  func applied(to input: [Double]) -> [Double] {
    let meanSquare = dot(input[...], input[...]) / Double(input.count)
    let scale = 1 / (meanSquare + epsilon).squareRoot()
    return zip(input, weights).map { $0 * scale * $1 }
  }
}

func dot(_ a: ArraySlice<Double>, _ b: ArraySlice<Double>) -> Double {
  var sum = 0.0
  for (x, y) in zip(a, b) { sum += x * y }
  return sum
}
