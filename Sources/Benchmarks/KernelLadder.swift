import CKernels
import CPlatform
import Foundation

/// One kernel on one problem: its call, its output and its work.
struct KernelLadder {
  /// The unit of a rate.
  enum Work {
    /// Multiplications and additions.
    case operations(Double)
    /// Bytes read and written.
    case bytes(Double)
  }

  let name: String
  let work: Work
  /// Restores input that the kernel changes.
  var prepare: () -> Void = {}
  let body: () -> Void
  /// The output, to compare.
  let output: () -> [UInt8]

  /// Runs one variant once for its output, then for at least a minimum time, and keeps the median.
  func climb(_ isa: lh_isa, minimumSeconds: Double) -> Rung {
    let before = lh_isa_current()
    lh_isa_force(isa)
    defer { lh_isa_force(before) }
    prepare()
    body()
    let output = output()
    var seconds: [Double] = []
    var total = 0.0
    repeat {
      prepare()
      let start = lh_monotonic_nanoseconds()
      body()
      let elapsed = Double(max(1, lh_monotonic_nanoseconds() - start)) * 1e-9
      seconds.append(elapsed)
      total += elapsed
    } while total < minimumSeconds || seconds.count < 3
    seconds.sort()
    return Rung(variant: String(cString: lh_isa_name(isa)), seconds: seconds[seconds.count / 2], output: output)
  }

  func line(_ rung: Rung, reference: Rung?) -> String {
    let rate =
      switch work {
      case .operations(let count): String(format: "%9.2f GFLOP/s", count / rung.seconds * 1e-9)
      case .bytes(let count): String(format: "%9.2f GB/s   ", count / rung.seconds * 1e-9)
      }
    let gain = reference.map { String(format: "%8.1fx", $0.seconds / rung.seconds) } ?? ""
    return name.padded(to: 28) + rung.variant.padded(to: 13)
      + String(format: "%9.1f us", rung.seconds * 1e6).leftPadded(to: 12) + "  " + rate + gain
  }
}

/// One variant's result.
struct Rung {
  let variant: String
  let seconds: Double
  let output: [UInt8]
}
