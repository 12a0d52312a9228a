import CKernels
import Core

/// Turns heads to positions: a layer's rotary embedding with its tables.
struct HeadRotation: Sendable {
  private let headDimension: Int
  private let rotaryDimension: Int
  private let layout: lh_rope_layout
  /// Turns to positions, with the frequencies' magnitude.
  private let positions: RotaryTable
  /// Turns from the grouped to the neighbor view, which have the magnitude already.
  private let offsets: RotaryTable

  /// - Parameter contextLength: positions that may be asked for.
  init(rope: RopeConfiguration, headDimension: Int, contextLength: Int) {
    self.headDimension = headDimension
    rotaryDimension = rope.rotaryDimension
    layout = rope.layout == .interleaved ? LH_ROPE_INTERLEAVED : LH_ROPE_HALF_SPLIT
    let frequencies = RotaryFrequencies(rope)
    positions = RotaryTable(frequencies: frequencies, positionCount: contextLength, scaled: true)
    offsets =
      frequencies.magnitude == 1
      ? positions : RotaryTable(frequencies: frequencies, positionCount: contextLength, scaled: false)
  }

  /// An unrotated head, turned to `position`. `result` may be `head`.
  func turn(_ head: UnsafePointer<Float>, to position: Int, into result: UnsafeMutablePointer<Float>) {
    turn(head, by: position, of: positions, into: result)
  }

  /// A head that is turned already, turned on by `offset` in place.
  func turn(_ head: UnsafeMutablePointer<Float>, onBy offset: Int) {
    turn(UnsafePointer(head), by: offset, of: offsets, into: head)
  }

  private func turn(
    _ head: UnsafePointer<Float>, by position: Int, of table: RotaryTable, into result: UnsafeMutablePointer<Float>
  ) {
    lh_rope(
      head, result, table.cosine(position), table.sine(position), Int64(headDimension), Int64(rotaryDimension), layout)
  }
}
