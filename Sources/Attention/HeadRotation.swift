import CKernels
import Core

/// Turns heads to positions: a layer's rotary embedding with its tables. A layer without one keeps its heads.
struct HeadRotation: Sendable {
  private struct Tables {
    let rotaryDimension: Int
    let layout: lh_rope_layout
    /// Turns to positions, with the frequencies' magnitude.
    let positions: RotaryTable
    /// Turns from the grouped to the neighbor view, which have the magnitude already.
    let offsets: RotaryTable
  }

  private let headDimension: Int
  private let tables: Tables?

  /// - Parameter contextLength: positions that may be asked for.
  init(_ turn: HeadTurn, contextLength: Int) {
    headDimension = turn.headDimension
    tables = turn.rope.map { rope in
      let frequencies = RotaryFrequencies(rope, contextLength: contextLength)
      let positions = RotaryTable(frequencies: frequencies, positionCount: contextLength, scaled: true)
      return Tables(
        rotaryDimension: rope.rotaryDimension,
        layout: rope.layout == .interleaved ? LH_ROPE_INTERLEAVED : LH_ROPE_HALF_SPLIT, positions: positions,
        offsets: frequencies.magnitude == 1
          ? positions : RotaryTable(frequencies: frequencies, positionCount: contextLength, scaled: false))
    }
  }

  /// Bytes of the tables.
  var byteCount: Int {
    guard let tables else { return 0 }
    return tables.positions.byteCount + (tables.offsets === tables.positions ? 0 : tables.offsets.byteCount)
  }

  /// An unrotated head, turned to `position`. `result` may be `head`.
  func turn(_ head: UnsafePointer<Float>, to position: Int, into result: UnsafeMutablePointer<Float>) {
    guard let tables else {
      if UnsafePointer(result) != head { result.update(from: head, count: headDimension) }
      return
    }
    turn(head, by: position, of: tables.positions, tables, into: result)
  }

  /// A head that is turned already, turned on by `offset` in place.
  func turn(_ head: UnsafeMutablePointer<Float>, onBy offset: Int) {
    guard let tables else { return }
    turn(UnsafePointer(head), by: offset, of: tables.offsets, tables, into: head)
  }

  private func turn(
    _ head: UnsafePointer<Float>, by position: Int, of table: RotaryTable, _ tables: Tables,
    into result: UnsafeMutablePointer<Float>
  ) {
    lh_rope(
      head, result, table.cosine(position), table.sine(position), Int64(headDimension),
      Int64(tables.rotaryDimension), tables.layout)
  }
}
