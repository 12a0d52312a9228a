import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct ExpTests {
    @Test("The exponential is within 2 ulp over its whole range")
    func accuracy() {
      var worst = 0.0
      var pattern: UInt32 = 0
      while true {
        let x = Float(bitPattern: pattern)
        if x >= -87.33 && x <= 88.72 {
          let exact = exp(Double(x))
          worst = max(worst, abs(Double(lh_exp(x)) - exact) / Double(Float(exact).ulp))
        }
        let (next, overflow) = pattern.addingReportingOverflow(9973)
        if overflow { break }
        pattern = next
      }
      #expect(worst < 2, "worst error \(worst) ulp")
    }

    @Test("The exponential's special values are exact")
    func specialValues() {
      #expect(lh_exp(0) == 1 && lh_exp(-0.0) == 1)
      #expect(lh_exp(-.infinity).bitPattern == 0)
      #expect(lh_exp(-1e30).bitPattern == 0 && lh_exp(-87.4).bitPattern == 0 && lh_exp(-104).bitPattern == 0)
      #expect(lh_exp(-87.3) >= .leastNormalMagnitude)
      #expect(lh_exp(.infinity) == .infinity && lh_exp(89) == .infinity && lh_exp(1e30) == .infinity)
      #expect(lh_exp(88.72).isFinite)
      #expect(lh_exp(.nan).isNaN)
    }

    @Test("No result is subnormal")
    func noSubnormals() {
      var x: Float = -87.30
      while x > -87.40 {
        #expect(!lh_exp(x).isSubnormal)
        x = x.nextDown.nextDown.nextDown
      }
    }

    @Test("A row of exponentials has the scalar's bytes on every instruction set")
    func rows() {
      var numbers = Numbers(4)
      for n in [0, 1, 5, 8, 16, 17, 63, 200] {
        let edges: [Float] = [
          0, -0.0, -.infinity, .infinity, -87.336544, 88.72284, -Float.leastNonzeroMagnitude, 1e-38,
        ]
        let x = Array((edges + numbers.floats(200, -95...95)).prefix(n))
        let y = sameOnEveryISA("exp row \(n)") {
          var y = [Float](repeating: 0, count: n)
          lh_exp_row(x, &y, Int64(n))
          return y
        }
        #expect(bits(y) == bits(x.map { lh_exp($0) }))
      }
      let patterns = (0..<200_000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: numbers.next())) }
        .filter { !$0.isNaN }
      _ = sameOnEveryISA("exp of random bit patterns") {
        var y = patterns
        y.withUnsafeMutableBufferPointer { y in
          if let base = y.baseAddress { lh_exp_row(base, base, Int64(y.count)) }
        }
        return y
      }
    }
  }
}
