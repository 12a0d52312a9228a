import CKernels
import Inference

/// Heads of a stage's attention: how many, how wide, and which query heads share a key-value head.
struct AttentionShape: Sendable {
  let queryHeadCount: Int
  let keyValueHeadCount: Int
  let headDimension: Int
  /// Numbers of a stored value, and of a row's weighted sum: `headDimension` in whole vectors.
  let valueStride: Int

  init(configuration: ModelConfiguration, geometry: KVGeometry) {
    queryHeadCount = configuration.queryHeadCount
    keyValueHeadCount = configuration.keyValueHeadCount
    headDimension = configuration.headDimension
    valueStride = geometry.valueStride
  }

  /// The key-value heads whose keys and values lie on a memory node.
  func heads(node: Int, of nodeCount: Int) -> Range<Int> {
    node * keyValueHeadCount / nodeCount..<(node + 1) * keyValueHeadCount / nodeCount
  }

  /// Query heads that read one key-value head.
  var headsPerGroup: Int { queryHeadCount / keyValueHeadCount }
  /// Numbers of one token's queries.
  var queryRowSize: Int { queryHeadCount * headDimension }
  /// Numbers of one token's keys, or values.
  var keyValueRowSize: Int { keyValueHeadCount * headDimension }
}

/// Turns heads to positions: the model's rotary embedding with its tables.
struct HeadRotation: Sendable {
  private let headDimension: Int
  private let rotaryDimension: Int
  private let layout: lh_rope_layout
  /// Turns to positions, with the frequencies' magnitude.
  private let positions: RotaryTable
  /// Turns from the far to the near view, which have the magnitude already.
  private let offsets: RotaryTable

  /// - Parameter contextLength: positions that may be asked for.
  init(configuration: ModelConfiguration, contextLength: Int) {
    headDimension = configuration.headDimension
    rotaryDimension = configuration.rope.rotaryDimension
    layout = configuration.rope.layout == .interleaved ? LH_ROPE_INTERLEAVED : LH_ROPE_HALF_SPLIT
    let frequencies = RotaryFrequencies(configuration.rope)
    positions = RotaryTable(frequencies: frequencies, positionCount: contextLength, scaled: true)
    offsets =
      frequencies.magnitude == 1
      ? positions : RotaryTable(frequencies: frequencies, positionCount: contextLength, scaled: false)
  }

  /// An unrotated head, turned to `position`.
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
