import CKernels

let keyValueTypes = [LH_F32, LH_F16, LH_BF16, LH_I16, LH_Q8_0]

/// Bytes of 64 keys of a head, scales included.
func keyBlockByteCount(_ type: lh_type, _ head: Int) -> Int { Int(lh_key_block_bytes(type, Int64(head))) }
/// Bytes of 64 values of a stride, scales included.
func valueBlockByteCount(_ type: lh_type, _ stride: Int) -> Int { Int(lh_value_block_bytes(type, Int64(stride))) }

/// How a block keeps its numbers, by what CKernels.h says of its type.
private enum Storage {
  case f32, f16, bf16, integers(width: Int)

  static func ofKeys(_ type: lh_type) -> Storage {
    switch type {
    case LH_F32: .f32
    case LH_BF16: .bf16
    case LH_F16: .f16
    case LH_I16: .integers(width: 2)
    default: .integers(width: 1)
    }
  }

  static func ofValues(_ type: lh_type) -> Storage { type == LH_I16 ? .f16 : ofKeys(type) }

  /// Element `index` of a block of 64 rows of `dimensions` numbers; `slot` is its row.
  func number(_ block: [UInt8], at index: Int, slot: Int, dimensions: Int) -> Float {
    func word(_ at: Int) -> UInt16 { UInt16(block[at]) | UInt16(block[at + 1]) << 8 }
    func float(_ at: Int) -> Float { Float(bitPattern: UInt32(word(at)) | UInt32(word(at + 2)) << 16) }
    switch self {
    case .f32: return float(4 * index)
    case .f16: return Float(Float16(bitPattern: word(2 * index)))
    case .bf16: return Float(bitPattern: UInt32(word(2 * index)) << 16)
    case .integers(let width):
      let integer = width == 2 ? Float(Int16(bitPattern: word(2 * index))) : Float(Int8(bitPattern: block[index]))
      return integer * float(64 * dimensions * width + 4 * slot)
    }
  }

  /// How far a stored number may be from the one given, which shares a scale with others of at most `largest`.
  func error(_ number: Float, largest: Float) -> Float {
    switch self {
    case .f32: 0
    case .f16: abs(number) * 0x1p-11 + 0x1p-25
    case .bf16: abs(number) * 0x1p-8
    case .integers(let width): largest / (width == 2 ? 32767 : 127) * 0.503
    }
  }
}

/// The key in a slot of a key block.
func storedKey(_ type: lh_type, _ block: [UInt8], head: Int, slot: Int) -> [Float] {
  (0..<head).map { Storage.ofKeys(type).number(block, at: $0 * 64 + slot, slot: slot, dimensions: head) }
}

/// The value in a slot of a value block, padding included.
func storedValue(_ type: lh_type, _ block: [UInt8], stride: Int, slot: Int) -> [Float] {
  (0..<stride).map { Storage.ofValues(type).number(block, at: slot * stride + $0, slot: slot, dimensions: stride) }
}

/// How far the numbers of a stored key may be from those given.
func keyErrors(_ type: lh_type, _ key: [Float]) -> [Float] {
  let largest = key.map(abs).max() ?? 0
  return key.map { Storage.ofKeys(type).error($0, largest: largest) }
}

/// How far the numbers of a stored value may be from those given.
func valueErrors(_ type: lh_type, _ value: [Float]) -> [Float] {
  let largest = value.map(abs).max() ?? 0
  return value.map { Storage.ofValues(type).error($0, largest: largest) }
}
