import Tensors

/// How numbers are stored in a safetensors file. Raw values are the format's names.
enum SafetensorsType: String, Sendable {
  case f64 = "F64"
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  /// 8 bits: a sign, 4 of exponent, 3 of fraction, no infinities.
  case f8e4m3 = "F8_E4M3"
  case f8e5m2 = "F8_E5M2"
  case i64 = "I64"
  case i32 = "I32"
  case i16 = "I16"
  case i8 = "I8"
  case u64 = "U64"
  case u32 = "U32"
  case u16 = "U16"
  case u8 = "U8"
  case bool = "BOOL"

  var byteCount: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .f8e4m3, .f8e5m2, .i8, .u8, .bool: 1
    }
  }

  /// What numbers of it are computed with: 8-bit ones become BF16, in which each has its exact value before it is
  /// scaled. Nil for those that are not computed with.
  var element: ElementType? {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16, .f8e4m3: .bf16
    default: nil
    }
  }
}

/// One line of a safetensors header. Its bytes are known to lie within its file.
struct SafetensorsEntry: Sendable {
  let extent: TensorExtent
  let type: SafetensorsType
  /// Outermost first, as the format has them; all positive, none for a single number.
  let shape: [Int]

  var name: String { extent.name }
}
