import CKernels
import Foundation
import Testing

extension KernelTests {
  @Suite struct LogitTests {
    private func onEveryISA<T: Equatable>(_ body: () -> T) -> T {
      let expected = with(LH_ISA_REFERENCE, body)
      for isa in vectorISAs { #expect(with(isa, body) == expected) }
      return expected
    }

    @Test("Argmax finds the largest, the lowest index of equals, and never NaN")
    func argmax() {
      var numbers = Numbers(8)
      for n in [1, 2, 15, 16, 17, 63, 64, 65, 1000] {
        var x = numbers.floats(n)
        let most = x.max() ?? 0
        #expect(onEveryISA { lh_argmax(x, Int64(n)) } == Int64(x.firstIndex(of: most) ?? -1))
        for i in [n - 1, n / 2, n / 3] { x[i] = 5 }
        #expect(onEveryISA { lh_argmax(x, Int64(n)) } == Int64(n / 3))
        x[0] = .nan
        #expect(onEveryISA { lh_argmax(x, Int64(n)) } == (n == 1 ? -1 : Int64(x.firstIndex(of: 5) ?? -1)))
      }
      #expect(onEveryISA { lh_argmax([], 0) } == -1)
      #expect(onEveryISA { lh_argmax([Float](repeating: .nan, count: 70), 70) } == -1)
      #expect(onEveryISA { lh_argmax([Float](repeating: -.infinity, count: 70), 70) } == 0)
      #expect(onEveryISA { lh_argmax([Float](repeating: .nan, count: 69) + [-.infinity], 70) } == 69)
      #expect(onEveryISA { lh_argmax([-0.0, 0.0], 2) } == 0)
    }

    @Test("Maximum ignores NaN and the sign of zero")
    func maximum() {
      var numbers = Numbers(9)
      for n in [1, 15, 16, 64, 65, 127, 1000] {
        let x = numbers.floats(n, -5 ... -1)
        #expect(onEveryISA { lh_maximum(x, Int64(n)) } == x.max())
        #expect(onEveryISA { lh_maximum(x + [.nan], Int64(n + 1)) } == x.max())
      }
      for zeros in [[-0.0, 0.0], [0.0, -0.0], [-0.0]] as [[Float]] {
        #expect(onEveryISA { lh_maximum(zeros, Int64(zeros.count)).bitPattern } == 0)
      }
      #expect(onEveryISA { lh_maximum([], 0) } == -.infinity)
    }

    @Test("The sum of exponentials has one order and is near double precision")
    func sumExp() {
      var numbers = Numbers(10)
      for n in [0, 1, 63, 64, 65, 1000] {
        let x = numbers.floats(n, -30...0)
        let sum = onEveryISA { lh_sum_exp(x, Int64(n), 0.5) }
        let expected = x.reduce(0.0) { $0 + exp(Double($1 - 0.5)) }
        #expect(abs(sum - expected) <= 1e-6 * expected)
      }
    }

    @Test("One infinity or NaN anywhere is found")
    func finiteness() {
      for n in [0, 1, 16, 17, 100] {
        var x = [Float](repeating: .greatestFiniteMagnitude, count: n)
        #expect(onEveryISA { lh_all_finite(x, Int64(n)) })
        for i in 0..<n {
          for bad in [Float.infinity, -.infinity, .nan, -.nan] {
            x[i] = bad
            #expect(!onEveryISA { lh_all_finite(x, Int64(n)) })
          }
          x[i] = .leastNonzeroMagnitude
        }
      }
    }
  }
}
