/// How numbers are stored in a tensor. Raw values are GGUF's type numbers.
package enum ElementType: UInt32, Sendable, CaseIterable, CustomStringConvertible {
  case f32 = 0
  case f16 = 1
  case q4_0 = 2
  case q8_0 = 8
  case bf16 = 30

  /// Elements that share one block (1 for plain floats). A row must be a whole number of blocks.
  package var blockElementCount: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q4_0, .q8_0: 32
    }
  }

  /// Bytes of one block.
  package var blockByteCount: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q4_0: 18
    case .q8_0: 34
    }
  }

  package var description: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .q4_0: "Q4_0"
    case .q8_0: "Q8_0"
    case .bf16: "BF16"
    }
  }

  /// Bytes of a row of `elementCount`, or nil when it is not a whole number of blocks or overflows.
  package func rowByteCount(elementCount: Int) -> Int? {
    guard elementCount >= 0, elementCount % blockElementCount == 0 else { return nil }
    let (bytes, overflow) = (elementCount / blockElementCount).multipliedReportingOverflow(by: blockByteCount)
    return overflow ? nil : bytes
  }
}

/// How keys and values are stored in the cache.
package enum KVElementType: String, Sendable, CaseIterable {
  /// 16 bits a number: values as f16, keys as integers under one scale a key, which keeps 16 times more of a key.
  case f16
  case f32

  package var byteCount: Int {
    switch self {
    case .f16: 2
    case .f32: 4
    }
  }
}
