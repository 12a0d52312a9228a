package import Tensors

/// A tensor's type number as the file gives it, known or not. What can be computed with is an `ElementType`.
package struct TensorType: Hashable, Sendable, CustomStringConvertible {
  package let number: UInt32

  package init(number: UInt32) { self.number = number }

  /// The type as this version computes with it, or nil.
  package var element: ElementType? { ElementType(rawValue: number) }

  /// The format's name for it, or `type 99` for numbers not known here.
  package var description: String {
    element?.description ?? Self.onlyListed[number]?.name ?? "type \(number)"
  }

  /// Elements and bytes of one block, or nil for numbers not known here.
  var block: (elementCount: Int, byteCount: Int)? {
    if let element { return (element.blockElementCount, element.blockByteCount) }
    return Self.onlyListed[number].map { ($0.elementCount, $0.byteCount) }
  }

  /// What may be used, for messages.
  static var supportedNames: String { ElementType.allCases.map(\.description).joined(separator: ", ") }

  /// Types that are not computed with. Their sizes are needed all the same: without them overlaps could not be
  /// found.
  private static let onlyListed: [UInt32: (name: String, elementCount: Int, byteCount: Int)] = [
    9: ("Q8_1", 32, 36), 15: ("Q8_K", 256, 292), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4),
    27: ("I64", 1, 8), 28: ("F64", 1, 8),
  ]
}

/// One line of a checkpoint's tensor directory. Its bytes are known to lie within its file.
package struct TensorEntry: Hashable, Sendable {
  package let name: String
  package let type: TensorType
  /// Innermost (contiguous) first, as GGUF has them: a matrix is `[in, out]`. One to four, all positive.
  package let dimensions: [Int]
  /// Which of the checkpoint's files holds it.
  package let fileIndex: Int
  /// Where its bytes begin, counted from the beginning of that file.
  package let offset: Int
  /// Nil for types whose size is not known here.
  package let byteCount: Int?
}
