import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct RowTests {
    static let sizes = [0, 1, 2, 7, 8, 15, 16, 17, 31, 33, 64, 100, 129, 1000]

    private func close(_ got: Float, _ expected: Double, _ tolerance: Double = 2e-6) -> Bool {
      abs(Double(got) - expected) <= tolerance * max(1e-3, abs(expected))
    }

    @Test("RMS norm: same bytes everywhere, near double precision, in place or not", arguments: sizes)
    func rmsnorm(n: Int) {
      var numbers = Numbers(UInt64(n))
      let x = numbers.floats(n, -3...3)
      let weight = numbers.floats(n)
      let y = sameOnEveryISA("rmsnorm \(n)") {
        var y = [Float](repeating: 0, count: n)
        lh_rmsnorm(x, weight, 1e-5, &y, Int64(n))
        return y
      }
      let inPlace = sameOnEveryISA("rmsnorm in place \(n)") {
        var y = x
        y.withUnsafeMutableBufferPointer { y in
          if let base = y.baseAddress { lh_rmsnorm(base, weight, 1e-5, base, Int64(n)) }
        }
        return y
      }
      #expect(bits(y) == bits(inPlace))
      let mean = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, n))
      for i in 0..<n {
        #expect(close(y[i], Double(x[i]) / (mean + Double(Float(1e-5))).squareRoot() * Double(weight[i])))
      }
    }

    @Test(
      "Layer norm: same bytes everywhere, near double precision, in place or not, with or without a bias",
      arguments: sizes)
    func layernorm(n: Int) {
      var numbers = Numbers(UInt64(n) + 20)
      let x = numbers.floats(n, -1...5)
      let (weight, bias) = (numbers.floats(n), numbers.floats(n))
      let mean = x.reduce(0.0) { $0 + Double($1) } / Double(max(1, n))
      let variance = x.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(max(1, n))
      for biased in [true, false] {
        func norm(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>) {
          bias.withUnsafeBufferPointer { lh_layernorm(x, weight, biased ? $0.baseAddress : nil, 1e-5, y, Int64(n)) }
        }
        let y = sameOnEveryISA("layernorm \(n)") {
          var y = [Float](repeating: 0, count: n)
          norm(x, &y)
          return y
        }
        let inPlace = sameOnEveryISA("layernorm in place \(n)") {
          var y = x
          y.withUnsafeMutableBufferPointer { y in
            if let base = y.baseAddress { norm(base, base) }
          }
          return y
        }
        #expect(bits(y) == bits(inPlace))
        for i in 0..<n {
          let expected = (Double(x[i]) - mean) / (variance + Double(Float(1e-5))).squareRoot() * Double(weight[i])
          #expect(abs(Double(y[i]) - expected - (biased ? Double(bias[i]) : 0)) < 5e-6)
        }
      }
    }

    /// By definition, in double precision.
    private func gelu(_ x: Float) -> Double {
      let x = Double(x)
      let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * pow(x, 3))
      return x / 2 * (1 + tanh(inner))
    }

    @Test("GELU, alone and times up: same bytes everywhere, near double precision", arguments: sizes)
    func gelu(n: Int) {
      var numbers = Numbers(UInt64(n) + 60)
      let x = numbers.floats(n, -6...6)
      let up = numbers.floats(n, -2...2)
      let alone = sameOnEveryISA("gelu \(n)") {
        var y = x
        lh_gelu(&y, Int64(n))
        return y
      }
      let gated = sameOnEveryISA("gelu times up \(n)") {
        var y = x
        lh_gelu_multiply(&y, up, Int64(n))
        return y
      }
      for i in 0..<n {
        #expect(abs(Double(alone[i]) - gelu(x[i])) < 1e-6)
        #expect(bits([gated[i]]) == bits([alone[i] * up[i]]))
      }
    }

    @Test("GELU by erf: same bytes everywhere, near double precision", arguments: sizes)
    func geluExact(n: Int) {
      var numbers = Numbers(UInt64(n) + 65)
      let x = numbers.floats(n, -6...6)
      let y = sameOnEveryISA("exact gelu \(n)") {
        var y = x
        lh_gelu_exact(&y, Int64(n))
        return y
      }
      for i in 0..<n {
        let x = Double(x[i])
        #expect(abs(Double(y[i]) - x / 2 * (1 + erf(x / 2.0.squareRoot()))) < 1e-6)
      }
    }

    @Test("GELU of far-off numbers is clean")
    func geluExtremes() {
      let x: [Float] = [-1e30, -1000, -20, 0, 20, 1000, 1e30, .greatestFiniteMagnitude, -.greatestFiniteMagnitude]
      let y = sameOnEveryISA("gelu extremes") {
        var y = x + x
        lh_gelu(&y, 18)
        return y
      }
      #expect(Array(y[..<9]) == [0, 0, 0, 0, 20, 1000, 1e30, .greatestFiniteMagnitude, 0])
      let exact = sameOnEveryISA("exact gelu extremes") {
        var y = x + x
        lh_gelu_exact(&y, 18)
        return y
      }
      #expect(Array(exact[..<9]) == [0, 0, 0, 0, 20, 1000, 1e30, .greatestFiniteMagnitude, 0])
    }

    @Test("Soft caps: same bytes everywhere, near double precision, never beyond the cap", arguments: sizes)
    func softCap(n: Int) {
      var numbers = Numbers(UInt64(n) + 70)
      var x = numbers.floats(n, -90...90)
      if n > 8 { x.replaceSubrange(2..<6, with: [1e30, -1e30, 0, 1e-6]) }
      let y = sameOnEveryISA("cap \(n)") {
        var y = x
        lh_soft_cap(&y, 30, Int64(n))
        return y
      }
      for i in 0..<n {
        #expect(abs(Double(y[i]) - 30 * tanh(Double(x[i]) / 30)) < 8e-6 && abs(y[i]) <= 30)
      }
    }

    @Test("Scaling is exact and the same everywhere", arguments: sizes)
    func scale(n: Int) {
      var numbers = Numbers(UInt64(n) + 80)
      let x = numbers.floats(n)
      let y = sameOnEveryISA("scale \(n)") {
        var y = x
        lh_scale(&y, 1.7, Int64(n))
        return y
      }
      #expect(bits(y) == bits(x.map { $0 * 1.7 }))
    }

    @Test("SiLU times up: same bytes everywhere, near double precision", arguments: sizes)
    func siluMultiply(n: Int) {
      var numbers = Numbers(UInt64(n) + 50)
      let gate = numbers.floats(n, -20...20)
      let up = numbers.floats(n, -2...2)
      let y = sameOnEveryISA("silu \(n)") {
        var y = gate
        lh_silu_multiply(&y, up, Int64(n))
        return y
      }
      for i in 0..<n { #expect(close(y[i], Double(gate[i]) / (1 + exp(-Double(gate[i]))) * Double(up[i]))) }
    }

    @Test("SiLU of far-off gates is clean")
    func siluExtremes() {
      let gates: [Float] = [
        -1000, -89, -88, 0, 88, 89, 1000, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      ]
      let y = sameOnEveryISA("silu extremes") {
        var y = gates + gates
        lh_silu_multiply(&y, [Float](repeating: 1, count: 18), 18)
        return y
      }
      #expect(y[0] == 0 && y[3] == 0 && y[6] == 1000 && y[7] == .greatestFiniteMagnitude && y[8] == 0)
    }

    @Test("Addition is exact and the same everywhere", arguments: sizes)
    func add(n: Int) {
      var numbers = Numbers(UInt64(n) + 90)
      let a = numbers.floats(n)
      let b = numbers.floats(n)
      let y = sameOnEveryISA("add \(n)") {
        var y = a
        lh_add(&y, b, Int64(n))
        return y
      }
      #expect(bits(y) == bits(zip(a, b).map { $0 + $1 }))
    }

    @Test("Clamped SwiGLU: same bytes everywhere, near double precision, NaN kept", arguments: sizes)
    func clampedSwiGLU(n: Int) {
      var numbers = Numbers(UInt64(n) + 92)
      let gate = numbers.floats(n, -20...20)
      let up = numbers.floats(n, -20...20)
      let y = sameOnEveryISA("swiglu \(n)") {
        var y = gate
        lh_swiglu_clamped(&y, up, 1.702, 7, Int64(n))
        return y
      }
      for (index, value) in y.enumerated() {
        let (g, u) = (min(Double(gate[index]), 7), min(max(Double(up[index]), -7), 7))
        let expected = g / (1 + exp(-Double(Float(1.702)) * g)) * (u + 1)
        #expect(abs(Double(value) - expected) <= 1e-5 * max(1, abs(expected)))
      }
      var lost = [Float](repeating: .nan, count: n)
      lh_swiglu_clamped(&lost, up, 1.702, 7, Int64(n))
      #expect(lost.filter(\.isNaN).count == n)
    }

    @Test("Scaled addition rounds once and is the same everywhere", arguments: sizes)
    func addScaled(n: Int) {
      var numbers = Numbers(UInt64(n) + 91)
      let a = numbers.floats(n)
      let b = numbers.floats(n)
      let y = sameOnEveryISA("add scaled \(n)") {
        var y = a
        lh_add_scaled(&y, b, 0.7, Int64(n))
        return y
      }
      #expect(bits(y) == bits(zip(a, b).map { $0.addingProduct($1, 0.7) }))
    }

    @Test("RoPE in both layouts: same bytes everywhere, near double precision, in place or not")
    func rope() {
      var numbers = Numbers(77)
      for (head, rotary) in [(2, 2), (64, 64), (80, 80), (96, 32), (100, 38), (128, 128), (128, 66), (16, 0)] {
        let x = numbers.floats(head)
        let angles = numbers.floats(rotary / 2, 0...6).map(Double.init)
        let cosine = angles.map { Float(cos($0)) }
        let sine = angles.map { Float(sin($0)) }
        for layout in [LH_ROPE_INTERLEAVED, LH_ROPE_HALF_SPLIT] {
          let y = sameOnEveryISA("rope \(head) \(rotary) \(layout.rawValue)") {
            var y = [Float](repeating: 9, count: head)
            lh_rope(x, &y, cosine, sine, Int64(head), Int64(rotary), layout)
            return y
          }
          let inPlace = sameOnEveryISA("rope in place") {
            var y = x
            y.withUnsafeMutableBufferPointer { y in
              if let base = y.baseAddress {
                lh_rope(base, base, cosine, sine, Int64(head), Int64(rotary), layout)
              }
            }
            return y
          }
          #expect(bits(y) == bits(inPlace))
          #expect(bits(y[rotary...]) == bits(x[rotary...]))
          for p in 0..<rotary / 2 {
            let (i, j) = layout == LH_ROPE_INTERLEAVED ? (2 * p, 2 * p + 1) : (p, p + rotary / 2)
            let (a, b, c, s) = (Double(x[i]), Double(x[j]), Double(cosine[p]), Double(sine[p]))
            #expect(abs(Double(y[i]) - (a * c - b * s)) < 3e-7 && abs(Double(y[j]) - (a * s + b * c)) < 3e-7)
          }
        }
      }
    }

    @Test("A quarter turn moves the pair, whichever the layout")
    func quarterTurn() {
      var interleaved = [Float](repeating: 0, count: 5)
      var split = interleaved
      lh_rope([1, 2, 3, 4, 5], &interleaved, [0, 0], [1, 1], 5, 4, LH_ROPE_INTERLEAVED)
      lh_rope([1, 2, 3, 4, 5], &split, [0, 0], [1, 1], 5, 4, LH_ROPE_HALF_SPLIT)
      #expect(interleaved == [-2, 1, -4, 3, 5])
      #expect(split == [-3, -4, 1, 2, 5])
    }
  }
}
