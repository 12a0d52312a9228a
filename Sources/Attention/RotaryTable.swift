import Core
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// Cosines and sines of every position that a stage may need, computed in Double, kept in f32.
///
/// Shape of each: `[positionCount, pairCount]`. Read-only after `init`, so any thread may read it.
package final class RotaryTable: Sendable {
  package let pairCount: Int
  package let positionCount: Int
  // Safety: written only in init; freed with the object, which outlives every reader that holds it.
  nonisolated(unsafe) private let cosines: UnsafeMutablePointer<Float>
  nonisolated(unsafe) private let sines: UnsafeMutablePointer<Float>

  /// - Parameter scaled: whether the frequencies' magnitude is multiplied in. A neighbor key is derived from a stored
  ///   grouped key
  ///   that has it already, so the table of that last turn is unscaled.
  package init(frequencies: RotaryFrequencies, positionCount: Int, scaled: Bool) {
    pairCount = frequencies.radiansPerPosition.count
    self.positionCount = positionCount
    let magnitude = scaled ? frequencies.magnitude : 1
    cosines = .allocate(capacity: positionCount * pairCount)
    sines = .allocate(capacity: positionCount * pairCount)
    for position in 0..<positionCount {
      for (pair, radians) in frequencies.radiansPerPosition.enumerated() {
        let angle = Double(position) * radians
        cosines[position * pairCount + pair] = Float(cos(angle) * magnitude)
        sines[position * pairCount + pair] = Float(sin(angle) * magnitude)
      }
    }
  }

  deinit {
    cosines.deallocate()
    sines.deallocate()
  }

  var byteCount: Int { 2 * positionCount * pairCount * MemoryLayout<Float>.size }

  /// Row of `pairCount` cosines. `position` must be below `positionCount`.
  func cosine(_ position: Int) -> UnsafePointer<Float> {
    precondition(position >= 0 && position < positionCount, "rotary position out of the planned context")
    return UnsafePointer(cosines + position * pairCount)
  }

  /// Row of `pairCount` sines. `position` must be below `positionCount`.
  func sine(_ position: Int) -> UnsafePointer<Float> {
    precondition(position >= 0 && position < positionCount, "rotary position out of the planned context")
    return UnsafePointer(sines + position * pairCount)
  }
}
