import CKernels
import Tensors
import Weights

/// All ladders. Each allocates memory until the program ends.
struct KernelLadders {
  /// Sizes of the problems.
  struct Size {
    /// Width of a row: of hidden states, and the inner dimension of products.
    let width: Int
    let features: Int
    let vocabulary: Int
    /// Rows of a prefill product.
    let rows: Int
    let headDimension: Int

    static let small = Size(width: 256, features: 70, vocabulary: 1003, rows: 13, headDimension: 48)
    static let full = Size(width: 2048, features: 2048, vocabulary: 128_256, rows: 128, headDimension: 128)
  }

  let size: Size

  var all: [KernelLadder] { products + decoders + rows + logits + cache + attention }

  /// Element types of weights.
  private var types: [ElementType] { ElementType.allCases.filter { lh_type_block_bytes(lh_type($0.rawValue)) > 0 } }

  // MARK: Weights

  private var products: [KernelLadder] {
    types.flatMap { type in
      // One row as in decoding, many as in reading a prompt; fewer features there, for the reference's sake.
      [(1, size.features), (size.rows, max(70, size.features / 8))].map { product(type, rows: $0, features: $1) }
    }
  }

  private func product(_ type: ElementType, rows: Int, features: Int) -> KernelLadder {
    let width = size.width
    let (number, rowBytes) = (lh_type(type.rawValue), type.rowByteCount(elementCount: width) ?? 0)
    let weights = Memory.weights(type, byteCount: rowBytes * features)
    let panelCount = (features + Int(LH_PANEL_FEATURES) - 1) / Int(LH_PANEL_FEATURES)
    let packed = UnsafeMutableRawPointer(
      Memory.zeros(Int(lh_packed_bytes(number, Int64(features), Int64(width)) + 3) / 4))
    lh_pack(
      number, weights, Int64(rowBytes), Int64(features), Int64(width), 0, Int64(panelCount), packed)
    let x = Memory.floats(rows * width)
    let y = Memory.zeros(rows * features)
    let blockStride = lh_activation_stride(Int64(width))
    let blocks = Memory.blocks(rows * Int(blockStride))
    let pairStride = lh_pair_stride(Int64(width))
    let pairs = Memory.pairs(rows * Int(pairStride))
    return KernelLadder(
      name: "matmul \(type) x \(rows)", work: .operations(2 * Double(rows * width * features)),
      body: {
        if type == .bf16 {
          lh_round_rows(x, Int64(width), pairs, pairStride, Int64(rows), Int64(width))
          lh_matmul_bf16(
            packed, pairs, pairStride, y, Int64(features), Int64(rows), Int64(width), 0, Int64(features))
        } else if type.blockElementCount == 1 {
          lh_matmul(
            number, packed, x, Int64(width), y, Int64(features), Int64(rows), Int64(width), 0, Int64(features))
        } else {
          lh_quantize_rows(x, Int64(width), blocks, blockStride, Int64(rows), Int64(width))
          lh_matmul_quantized(
            number, packed, blocks, blockStride, y, Int64(features), Int64(rows), Int64(width), 0, Int64(features))
        }
      }, output: { Memory.bytes(y, rows * features) })
  }

  private var decoders: [KernelLadder] {
    types.map { type in
      let count = size.width * 16
      let byteCount = type.rowByteCount(elementCount: count) ?? 0
      let weights = Memory.weights(type, byteCount: byteCount)
      let y = Memory.zeros(count)
      return KernelLadder(
        name: "dequantize \(type)", work: .bytes(Double(byteCount + 4 * count)),
        body: { lh_dequantize(lh_type(type.rawValue), weights, y, Int64(count)) },
        output: { Memory.bytes(y, count) })
    }
  }

  // MARK: Rows

  private var rows: [KernelLadder] {
    let count = size.width * 16
    let (x, w, y) = (Memory.floats(count), Memory.floats(count), Memory.zeros(count))
    func ladder(
      _ name: String, arrays: Int, prepares: Bool = false, _ body: @escaping () -> Void
    ) -> KernelLadder {
      KernelLadder(
        name: name, work: .bytes(Double(4 * count * arrays)),
        prepare: { if prepares { y.update(from: x, count: count) } }, body: body,
        output: { Memory.bytes(y, count) })
    }
    let half = size.headDimension / 2
    let (cosine, sine) = (Memory.floats(half), Memory.floats(half))
    let heads = count / size.headDimension
    let dimension = size.headDimension
    return [
      ladder("rmsnorm", arrays: 2) { lh_rmsnorm(x, w, 1e-5, y, Int64(count)) },
      ladder("add", arrays: 3, prepares: true) { lh_add(y, w, Int64(count)) },
      ladder("layernorm", arrays: 2) { lh_layernorm(x, w, w, 1e-5, y, Int64(count)) },
      ladder("gelu", arrays: 2, prepares: true) { lh_gelu(y, Int64(count)) },
      ladder("gelu_exact", arrays: 2, prepares: true) { lh_gelu_exact(y, Int64(count)) },
      ladder("gelu_multiply", arrays: 3, prepares: true) { lh_gelu_multiply(y, w, Int64(count)) },
      ladder("soft_cap", arrays: 2, prepares: true) { lh_soft_cap(y, 30, Int64(count)) },
      ladder("scale", arrays: 2, prepares: true) { lh_scale(y, 1.7, Int64(count)) },
      ladder("silu_multiply", arrays: 3, prepares: true) { lh_silu_multiply(y, w, Int64(count)) },
      ladder("exp_row", arrays: 2) { lh_exp_row(x, y, Int64(count)) },
    ]
      + [("rope interleaved", LH_ROPE_INTERLEAVED), ("rope half split", LH_ROPE_HALF_SPLIT)].map { name, layout in
        ladder(name, arrays: 2) {
          for head in 0..<heads {
            lh_rope(
              x + head * dimension, y + head * dimension, cosine, sine, Int64(dimension), Int64(2 * half), layout)
          }
        }
      }
  }

  private var logits: [KernelLadder] {
    let count = size.vocabulary
    let x = Memory.floats(count)
    let result = Memory.zeros(2)
    func ladder(_ name: String, _ body: @escaping () -> Float) -> KernelLadder {
      KernelLadder(
        name: name, work: .bytes(Double(4 * count)), body: { result[0] = body() },
        output: { Memory.bytes(result, 1) })
    }
    return [
      ladder("argmax") { Float(lh_argmax(x, Int64(count))) },
      ladder("maximum") { lh_maximum(x, Int64(count)) },
      ladder("sum_exp") { Float(lh_sum_exp(x, Int64(count), 1)) },
      ladder("all_finite") { lh_all_finite(x, Int64(count)) ? 1 : 0 },
    ]
  }

  // MARK: Attention

  private static let kvTypes: [(String, lh_type)] = [
    ("F32", LH_F32), ("I16", LH_I16), ("F16", LH_F16), ("BF16", LH_BF16), ("Q8_0", LH_Q8_0),
  ]
  private static let keyCount = Int(LH_KEYS_PER_BLOCK)

  private var valueStride: Int { (size.headDimension + 15) / 16 * 16 }

  private var cache: [KernelLadder] {
    Self.kvTypes.flatMap { name, type in
      let dimension = size.headDimension
      let block = KeyValueBlock(type, dimension: dimension, valueStride: valueStride)
      let rows = Memory.floats(Self.keyCount * dimension)
      let back = Memory.zeros(Self.keyCount * dimension)
      let work = KernelLadder.Work.bytes(Double(4 * Self.keyCount * dimension + block.keyByteCount))
      return [
        KernelLadder(
          name: "store_key \(name)", work: work, body: { block.storeKeys(rows) },
          output: { Memory.bytes(block.keys, block.keyByteCount) }),
        KernelLadder(
          name: "load_key \(name)", work: work, prepare: { block.storeKeys(rows) },
          body: {
            for slot in 0..<Self.keyCount {
              lh_load_key(type, block.keys, back + slot * dimension, Int64(dimension), Int64(slot))
            }
          }, output: { Memory.bytes(back, Self.keyCount * dimension) }),
        KernelLadder(
          name: "store_value \(name)", work: work, body: { block.storeValues(rows) },
          output: { Memory.bytes(block.values, block.valueByteCount) }),
      ]
    }
  }

  private var attention: [KernelLadder] {
    Self.kvTypes.flatMap { name, type in
      [1, 2 * size.rows].flatMap { count in [false, true].map { tile(name, type, rowCount: count, isFast: $0) } }
    }
  }

  /// A tile that needs both views: half of the keys are neighbor keys, half are grouped keys.
  private func tile(_ name: String, _ type: lh_type, rowCount: Int, isFast: Bool) -> KernelLadder {
    let dimension = size.headDimension
    let stride = valueStride
    let block = KeyValueBlock(type, dimension: dimension, valueStride: stride)
    block.storeKeys(Memory.floats(Self.keyCount * dimension))
    block.storeValues(Memory.floats(Self.keyCount * dimension))
    let queries = Memory.floats(rowCount * dimension)
    let positions = UnsafeMutablePointer<Int64>.allocate(capacity: rowCount)
    for row in 0..<rowCount { positions[row] = Int64(Self.keyCount) }
    let (maximum, sum, acc) = (Memory.zeros(rowCount), Memory.zeros(rowCount), Memory.zeros(rowCount * stride))
    let scratchCount =
      isFast ? lh_attention_fast_scratch_floats(Int64(dimension)) : lh_attention_scratch_floats(Int64(dimension))
    let scratch = Memory.zeros(Int(scratchCount))
    let queryStride = Int(lh_integer_query_stride(Int64(dimension)))
    let integers = UnsafeMutablePointer<Int16>.allocate(capacity: rowCount * queryStride)
    let scales = Memory.zeros(rowCount)
    lh_round_queries(queries, Int64(dimension), Int64(rowCount), Int64(dimension), integers, scales)
    return KernelLadder(
      name: "\(isFast ? "fast " : "")attention \(name) x \(rowCount)",
      work: .operations(4 * Double(rowCount * Self.keyCount * dimension)),
      prepare: { lh_attention_begin(Int64(rowCount), Int64(stride), maximum, sum, acc) },
      body: {
        var rows = lh_attention_rows()
        rows.kv_type = type
        rows.head_dimension = Int64(dimension)
        rows.value_stride = Int64(stride)
        rows.row_count = Int64(rowCount)
        rows.neighbor_window = Int64(Self.keyCount / 2)
        rows.grouped_queries = UnsafePointer(queries)
        rows.neighbor_queries = UnsafePointer(queries)
        rows.query_stride = Int64(dimension)
        rows.positions = UnsafePointer(positions)
        var keys = lh_attention_block()
        keys.key_count = Int64(Self.keyCount)
        (keys.grouped_keys, keys.neighbor_keys) = (UnsafeRawPointer(block.keys), UnsafeRawPointer(block.keys))
        keys.values = UnsafeRawPointer(block.values)
        if isFast {
          var view = lh_integer_queries(integers: UnsafePointer(integers), scales: UnsafePointer(scales))
          lh_attention_fast_tile(&rows, &view, &view, &keys, maximum, sum, acc, scratch)
        } else {
          lh_attention_tile(&rows, &keys, maximum, sum, acc, scratch)
        }
      },
      output: { Memory.bytes(sum, rowCount) + Memory.bytes(acc, rowCount * stride) })
  }
}
