import Core

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

extension AttentionTemperature {
  /// What the scores of a query at this position are multiplied by.
  func factor(at position: Int) -> Float {
    Float(1 + Double(scale) * log(Double(1 + position / length)))
  }
}
