import CKernels
import Tensors
import Weights

/// Memory for the problems, never freed: the program ends soon.
enum Memory {
  static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
    let start = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * 4, alignment: 64)
    let floats = start.bindMemory(to: Float.self, capacity: count)
    floats.initialize(repeating: 0, count: count)
    return floats
  }

  /// Numbers between -1 and 1, always the same.
  static func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    let floats = zeros(count)
    var state: UInt64 = 42
    for index in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      floats[index] = Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
    }
    return floats
  }

  /// Room for activations rounded to bf16.
  static func pairs(_ count: Int) -> UnsafeMutablePointer<lh_bf16_pair> {
    UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * MemoryLayout<lh_bf16_pair>.stride, alignment: 64)
      .bindMemory(to: lh_bf16_pair.self, capacity: count)
  }

  /// Room for activations rounded to bytes.
  static func blocks(_ count: Int) -> UnsafeMutablePointer<lh_activation_block> {
    let byteCount = max(1, count) * MemoryLayout<lh_activation_block>.stride
    return UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
      .bindMemory(to: lh_activation_block.self, capacity: count)
  }

  /// Random blocks of a type, with the magnitudes of a trained model.
  static func weights(_ type: ElementType, byteCount: Int) -> UnsafeMutableRawPointer {
    let granule = type.blockByteCount * 8
    let size = (byteCount + granule - 1) / granule * granule
    let start = UnsafeMutableRawPointer.allocate(byteCount: max(granule, size), alignment: 64)
    RandomBlocks(seed: 1, tensor: 0).fill(
      UnsafeMutableRawBufferPointer(start: start, count: max(granule, size)), type: type, first: 0)
    return start
  }

  static func bytes(_ floats: UnsafeMutablePointer<Float>, _ count: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: floats, count: count * 4))
  }

  static func bytes(_ start: UnsafeMutableRawPointer, _ count: Int) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}

/// A block of 64 keys and values of the KV cache.
struct KeyValueBlock {
  let keys: UnsafeMutableRawPointer
  let values: UnsafeMutableRawPointer
  let keyByteCount: Int
  let valueByteCount: Int
  private let type: lh_type
  private let dimension: Int
  private let valueStride: Int
  private static let keyCount = Int(LH_KEYS_PER_BLOCK)

  init(_ type: lh_type, dimension: Int, valueStride: Int) {
    self.type = type
    self.dimension = dimension
    self.valueStride = valueStride
    keyByteCount = Int(lh_key_block_bytes(type, Int64(dimension)))
    valueByteCount = Int(lh_value_block_bytes(type, Int64(valueStride)))
    keys = UnsafeMutableRawPointer(Memory.zeros((keyByteCount + 3) / 4))
    values = UnsafeMutableRawPointer(Memory.zeros((valueByteCount + 3) / 4))
  }

  func storeKeys(_ rows: UnsafeMutablePointer<Float>) {
    for slot in 0..<Self.keyCount { lh_store_key(type, rows + slot * dimension, keys, Int64(dimension), Int64(slot)) }
  }

  func storeValues(_ rows: UnsafeMutablePointer<Float>) {
    for slot in 0..<Self.keyCount {
      lh_store_value(type, rows + slot * dimension, values, Int64(dimension), Int64(valueStride), Int64(slot))
    }
  }
}
