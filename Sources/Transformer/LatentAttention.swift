import Core
import Tensors
import Weights

/// What stands around attention over latents: queries, keys and values out of a layer's input, and heads out of what
/// attention gives (`LatentShape`). The matrices of heads are multiplied like those of experts, each with its own rows.
struct LatentAttention {
  let scratch: ForwardScratch
  let own: LatentScratch
  let product: MatrixProduct
  let pool: ComputePool
  let shape: AttentionShape
  let latent: LatentShape

  /// Numbers of a head that turn.
  private var turning: Int { shape.headDimension - latent.size }

  /// `scratch.queries`, `keys` and `values` out of `scratch.normed`, as they are stored and meet: the numbers that turn
  /// first.
  func project(_ weights: LatentWeights<PackedMatrix>, rows: Int) {
    let latents = MatrixProduct.Term(linear: weights.latent.linear, output: own.latents.baseAddress)
    let input = scratch.normed.baseAddress
    if let queryLatent = weights.queryLatent, let size = latent.querySize {
      let vectors = own.queryLatents.baseAddress
      product(input, rows: rows, MatrixProduct.Term(linear: queryLatent.linear, output: vectors), latents)
      pool.forEachSlice(of: rows) { slice, _ in
        for row in slice {
          latent.norm.apply(to: vectors + row * size, queryLatent.norm, into: vectors + row * size)
        }
      }
      product(vectors, rows: rows, MatrixProduct.Term(linear: weights.query, output: own.heads.baseAddress))
    } else {
      product(
        input, rows: rows, MatrixProduct.Term(linear: weights.query, output: own.heads.baseAddress), latents)
    }
    writeKeys(weights.latent.norm, rows: rows)
    writeQueries(weights.keys, rows: rows)
  }

  private func writeKeys(_ norm: NormWeights, rows: Int) {
    let (latents, keys, values) = (own.latents.baseAddress, scratch.keys.baseAddress, scratch.values.baseAddress)
    let (width, size) = (shape.headDimension, latent.size)
    pool.forEachSlice(of: rows) { slice, _ in
      for row in slice {
        let (made, key, value) = (latents + row * width, keys + row * width, values + row * width)
        latent.norm.apply(to: made, norm, into: value)
        (value + size).update(repeating: 0, count: turning)
        key.update(from: made + size, count: turning)
        (key + turning).update(from: value, count: size)
      }
    }
  }

  /// Each head's plain numbers times its matrix, behind those that turn.
  private func writeQueries(_ matrices: [Linear<PackedMatrix>], rows: Int) {
    let (queries, gathered, products) = (
      own.heads.baseAddress, scratch.queries.baseAddress, scratch.attended.baseAddress
    )
    let (plain, turning) = (latent.plainSize, turning)
    forEachHead(rows: rows) { row, head, place in
      (gathered + place * plain).update(
        from: queries + (row * shape.queryHeadCount + head) * (plain + turning), count: plain)
    }
    multiply(gathered, matrices, into: products, rows: rows)
    forEachHead(rows: rows) { row, head, place in
      let index = row * shape.queryHeadCount + head
      let query = gathered + index * shape.headDimension
      query.update(from: queries + index * (plain + turning) + plain, count: turning)
      (query + turning).update(from: products + place * latent.size, count: latent.size)
    }
  }

  /// `scratch.attended`, heads' sums of latents, becomes `[rows, queryHeads, value]`.
  func expand(_ weights: LatentWeights<PackedMatrix>, rows: Int) {
    let (attended, gathered, heads) = (
      scratch.attended.baseAddress, scratch.queries.baseAddress, own.heads.baseAddress
    )
    let (size, valueSize) = (latent.size, latent.valueSize)
    forEachHead(rows: rows) { row, head, place in
      let index = row * shape.queryHeadCount + head
      (gathered + place * size).update(from: attended + index * shape.headDimension, count: size)
    }
    multiply(gathered, weights.values, into: heads, rows: rows)
    forEachHead(rows: rows) { row, head, place in
      let index = row * shape.queryHeadCount + head
      (attended + index * valueSize).update(from: heads + place * valueSize, count: valueSize)
    }
  }

  /// Multiplies `[queryHeads, rows, columns]`, each head's rows by its matrix.
  private func multiply(
    _ input: UnsafePointer<Float>, _ matrices: [Linear<PackedMatrix>], into output: UnsafeMutablePointer<Float>,
    rows: Int
  ) {
    own.groups.giveAll(rowCount: rows, expertCount: shape.queryHeadCount)
    product(input, grouped: own.groups, MatrixProduct.StackedTerm(linears: matrices, output: output))
  }

  /// Threads share the step's rows. `place` is where a row of a head lies among those of all heads, head by head.
  private func forEachHead(rows: Int, _ body: (_ row: Int, _ head: Int, _ place: Int) -> Void) {
    pool.forEachSlice(of: rows) { slice, _ in
      for row in slice {
        for head in 0..<shape.queryHeadCount { body(row, head, head * rows + row) }
      }
    }
  }
}
