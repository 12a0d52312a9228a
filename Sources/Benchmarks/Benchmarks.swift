import ArgumentParser
import CKernels
import Foundation

/// Times every kernel in every variant that this processor supports, after comparing its bytes with the reference's.
///
/// A tool for kernel development, not installed with the program.
@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "Benchmarks", abstract: "Checks and times every variant of every kernel on one thread.")

  @Flag(help: "Small sizes and short runs, to check results only.")
  var small = false

  @Option(help: "Only kernels whose name contains this.")
  var filter = ""

  private static let variants = [LH_ISA_REFERENCE, LH_ISA_AVX2, LH_ISA_AVX512, LH_ISA_AVX512_BF16, LH_ISA_NEON]

  func run() throws {
    let ladders = KernelLadders(size: small ? .small : .full)
    var failures: [String] = []
    let heading = "kernel".padded(to: 28) + "variant".padded(to: 13) + "time".leftPadded(to: 12)
    print(heading + "  rate, speedup over the reference")
    for ladder in ladders.all where filter.isEmpty || ladder.name.contains(filter) {
      var reference: Rung?
      for isa in Self.variants where lh_isa_supported(isa) {
        let rung = ladder.climb(isa, minimumSeconds: small ? 0 : 0.05)
        if let reference, reference.output != rung.output {
          failures.append("\(ladder.name) \(rung.variant)")
          print(ladder.name.padded(to: 28) + rung.variant.padded(to: 13) + "differs from the reference")
          continue
        }
        print(ladder.line(rung, reference: reference))
        reference = reference ?? rung
      }
    }
    guard failures.isEmpty else {
      let names = failures.joined(separator: ", ")
      FileHandle.standardError.write(Data("these differ from the reference: \(names)\n".utf8))
      throw ExitCode.failure
    }
  }
}

extension String {
  func padded(to width: Int) -> String { padding(toLength: max(width, count), withPad: " ", startingAt: 0) }
  func leftPadded(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
