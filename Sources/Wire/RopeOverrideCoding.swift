import CWire
import Core

extension RopeOverride {
  func raw(_ arena: MessageArena) -> UnsafeMutablePointer<Longhaul__RopeScaling> {
    arena.make(longhaul__rope_scaling__init) {
      $0.factor = factor
      switch self {
      case .none: $0.kind = LONGHAUL__ROPE_SCALING_KIND__ROPE_SCALING_KIND_NONE
      case .linear: $0.kind = LONGHAUL__ROPE_SCALING_KIND__ROPE_SCALING_KIND_LINEAR
      case .yarn(_, let length):
        $0.kind = LONGHAUL__ROPE_SCALING_KIND__ROPE_SCALING_KIND_YARN
        $0.original_length = Int64(length ?? 0)
      }
    }
  }

  init(_ raw: borrowing Longhaul__RopeScaling) throws(WireError) {
    let kind = raw.kind
    let factor = try Field.number(raw.factor, "factor", Self.factors)
    switch kind {
    case LONGHAUL__ROPE_SCALING_KIND__ROPE_SCALING_KIND_NONE: self = .none
    case LONGHAUL__ROPE_SCALING_KIND__ROPE_SCALING_KIND_LINEAR: self = .linear(factor: factor)
    case LONGHAUL__ROPE_SCALING_KIND__ROPE_SCALING_KIND_YARN:
      let length = try Field.integer(raw.original_length, "original_length", 0...Self.originalLengths.upperBound)
      self = .yarn(factor: factor, originalLength: length == 0 ? nil : length)
    default: throw .field("kind", reason: "is \(kind.rawValue), not a known scaling of RoPE")
    }
  }
}
