/// The thread that speeds are relative to, in whole picoseconds, so that costs are integers and a plan is the same
/// wherever it is computed.
///
/// Measured on two threads of a Zen 4 machine with AVX-512 and halved: SmolLM2-135M in Q4_1 and a 1.1B model in Q4_0,
/// prefill of 512 to 8,192 tokens, decode after 0 to 8,192. Both models lie within a fifth of these figures.
package enum ReferenceThread {
  /// A byte of weights or cache that is read.
  package static let readByte = 50
  /// A weight of a quantized matrix that one row is multiplied with.
  package static let integerProduct = 7
  /// A weight of a float matrix that one row is multiplied with.
  package static let floatProduct = 18
  /// A number of a query that meets a key, score and weighted value together, while a prompt is read.
  package static let prefillAttention = 48
  /// The same while single tokens are decoded.
  package static let decodeAttention = 100

  /// Bytes of weights a second that single rows are multiplied with, by the kernel alone: 1.0 of a measured speed.
  package static let readRate = 20.0e9
  /// Weights a second that rows of a prompt are multiplied with, by the kernel alone: 1.0 of a measured speed.
  package static let productRate = 143.0e9

  /// What the thread reads, in GB/s.
  package static let gigabytesPerSecond = 1000 / Double(readByte)
  /// What the thread computes in 32-bit floats in registers, in Gflop/s: a machine whose rate is known is compared
  /// with this one.
  package static let gigaflopsPerSecond = 115.0
}
