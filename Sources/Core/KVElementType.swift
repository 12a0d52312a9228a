/// The element type of the KV cache.
package enum KVElementType: String, Sendable, CaseIterable {
  /// Keys as 16-bit integers under one scale per key, values as IEEE halves. The integers are 16 times as precise as
  /// halves for the large elements of a key, which decide its scores.
  case i16
  /// Keys and values as IEEE halves.
  case f16
  case bf16
  case f32
  /// Signed bytes under one scale per key and one per value.
  case q8_0
}
