package import Backend
package import Core
package import Paging
package import Weights

/// A stage in plain Swift, for tests: every formula as it is written, one number at a time, in double precision.
///
/// It shares nothing with the CPU backend but the checkpoint: no kernel, no packed weights, no thread, pages of its own
/// layout. Hidden states are rounded to f32 after each layer, so that a model's bytes do not depend on where it is cut.
package final class PlainBackend: StageBackend {
  package let facts: StageFacts
  private let configuration: ModelConfiguration
  private let layers: [PlainLayer]
  private let embedding: PlainMatrix?
  private let outputNorm: PlainNorm?
  private let head: PlainLinear?
  private var pages: PlainPages
  private var rows: [[Float]]

  /// - Parameter tensors: all in F32.
  package init(_ specification: StageSpecification, tensors: StageTensors) {
    let configuration = tensors.configuration
    precondition(!configuration.hasPerLayerInputs, "the plain backend knows no inputs of single layers")
    self.configuration = configuration
    let shapes = configuration.layers[tensors.range.indices]
    layers = zip(shapes, tensors.layers).map { PlainLayer($0, $1) }
    embedding = tensors.embedding.map { PlainMatrix($0) }
    outputNorm = tensors.outputNorm.map { PlainNorm(configuration.outputNorm, $0) }
    head = tensors.head.map { PlainLinear($0) }
    pages = PlainPages(layers: shapes.map(\.attention), pageCount: specification.pageCount)
    rows = Array(
      repeating: Array(repeating: 0, count: configuration.hiddenSize), count: specification.rowCapacity)
    facts = StageFacts(
      hiddenSize: configuration.hiddenSize, vocabularySize: configuration.vocabularySize,
      rowCapacity: specification.rowCapacity, weightByteCount: tensors.byteCount, kvByteCount: pages.byteCount)
  }

  package func embed(_ tokens: [TokenID], row: Int) {
    guard let embedding else { preconditionFailure("only the first stage embeds") }
    for (offset, token) in tokens.enumerated() {
      rows[row + offset] = embedding.row(Int(token)).map { Float($0 * Double(configuration.embeddingScale)) }
    }
  }

  package func write(_ hiddenStates: UnsafeRawBufferPointer, of tokens: [TokenID], row: Int) {
    for offset in 0..<hiddenStates.count / facts.rowByteCount {
      rows[row + offset] = (0..<facts.hiddenSize).map {
        hiddenStates.loadUnaligned(fromByteOffset: offset * facts.rowByteCount + $0 * 4, as: Float.self)
      }
    }
  }

  package func forward(_ entries: [CacheEntry], progress: () -> Void) {
    for (index, layer) in layers.enumerated() {
      for entry in entries {
        var hidden = rows[entry.rows].map { $0.map(Double.init) }
        layer.forward(&hidden, entry, pages: &pages, layer: index)
        for (row, numbers) in zip(entry.rows, hidden) { rows[row] = numbers.map { Float($0) } }
      }
      progress()
    }
  }

  package func read(_ rows: Range<Int>, into target: UnsafeMutableRawBufferPointer) {
    for (offset, number) in self.rows[rows].joined().enumerated() {
      target.storeBytes(of: number, toByteOffset: offset * 4, as: Float.self)
    }
  }

  package func isFinite(_ rows: Range<Int>) -> Bool { self.rows[rows].joined().allSatisfy(\.isFinite) }

  package func finish(_ rows: Range<Int>, into target: UnsafeMutableRawBufferPointer) {
    guard let outputNorm else { preconditionFailure("only the last stage has a head") }
    for (offset, number) in self.rows[rows].flatMap({ outputNorm.applied(to: $0.map(Double.init)) }).enumerated() {
      target.storeBytes(of: Float(number), toByteOffset: offset * 4, as: Float.self)
    }
  }

  package func logits(of rows: [Int], _ body: (_ index: Int, _ logits: UnsafeBufferPointer<Float>?) -> Void) {
    guard let head, let outputNorm else { preconditionFailure("only the last stage has a head") }
    for (index, row) in rows.enumerated() {
      let logits = head.product(outputNorm.applied(to: self.rows[row].map(Double.init))).map {
        Float(capped($0 * Double(configuration.logitScale), configuration.logitCap))
      }
      logits.withUnsafeBufferPointer { body(index, logits.allSatisfy(\.isFinite) ? $0 : nil) }
    }
  }

  package func restoreNeighborKeys(of cache: SequenceCache, blocks: Range<Int>) {
    for (index, layer) in layers.enumerated() {
      for block in blocks { layer.restoreNeighborKeys(of: cache, block: block, pages: &pages, layer: index) }
    }
  }

  package var isIntact: Bool { true }
  package var hasIdleWork: Bool { false }
  package func idle(for duration: Duration, progress: () -> Void) {}
}
