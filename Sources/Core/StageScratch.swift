/// Bytes that a stage needs besides weights and pages, because of its model: the buffers of its largest step, the
/// head's logits and rotary tables. What threads have of their own is not in it.
///
/// `Transformer` allocates these; its tests hold this value against what it does.
package struct StageScratch: Hashable, Sendable {
  /// Buffers of the largest step. Zero until steps of so many rows touch them.
  package let stepByteCount: Int
  /// Rows of logits and what they are made of, where the stage has the head.
  package let headByteCount: Int
  /// Cosines and sines of every position, of each way in which layers turn.
  package let tableByteCount: Int

  package var byteCount: Int { layerByteCount + headByteCount }

  /// What layers need.
  package var layerByteCount: Int { stepByteCount + tableByteCount }

  /// Rows the head computes at a time, which bounds its memory (a row of a 128k vocabulary is 512 KiB).
  package static let logitRowCapacity = 32

  /// - Parameters:
  ///   - layers: those of the stage.
  ///   - rowCapacity: tokens a step may carry.
  ///   - contextLength: positions a sequence may reach.
  /// - Precondition: both are at most what `Limits` has.
  package init(
    _ model: ModelConfiguration, layers: Range<Int>, hasHead: Bool, rowCapacity: Int, contextLength: Int
  ) {
    let shapes = model.layers[layers]
    stepByteCount =
      rowCapacity * StepWidths(layers: shapes, hiddenSize: model.hiddenSize).rowByteCount
      + Self.roundedInputByteCount(shapes, hiddenSize: model.hiddenSize, rowCapacity: rowCapacity)
    headByteCount =
      hasHead ? Self.logitRowCapacity * (model.vocabularySize + model.hiddenSize) * MemoryLayout<Float>.size : 0
    tableByteCount =
      contextLength * Set(shapes.map(\.attention.turn)).reduce(0) { $0 + $1.positionByteCount }
  }

  /// The largest input of a matrix, as integers and as bf16.
  private static func roundedInputByteCount(
    _ layers: ArraySlice<LayerShape>, hiddenSize: Int, rowCapacity: Int
  ) -> Int {
    let inputs = InputSize.all(of: layers, hiddenSize: hiddenSize, rowCapacity: rowCapacity)
    func most(_ byteCount: (Int) -> Int) -> Int { inputs.map { $0.rows * byteCount($0.columns) }.max() ?? 0 }
    // As in `CKernels`: an odd number of cache lines each, of 32 integers or of 16 pairs.
    return most { 64 * ($0 / 32 | 1) } + most { 64 * ((($0 + 1) / 2 + 15) / 16 | 1) }
  }
}

extension AttentionShape {
  /// What its rotation is made of; layers that turn alike share their tables.
  package var turn: HeadTurn { HeadTurn(rope: rope, headDimension: headDimension) }
}

/// What a layer's rotation is made of.
package struct HeadTurn: Hashable, Sendable {
  package let rope: RopeConfiguration?
  package let headDimension: Int

  /// Bytes of a position in its tables: a cosine and a sine a pair. Where queries and keys get a magnitude, a second
  /// table is without it.
  fileprivate var positionByteCount: Int {
    rope.map { $0.rotaryDimension * MemoryLayout<Float>.size * ($0.magnitude == 1 ? 1 : 2) } ?? 0
  }
}
