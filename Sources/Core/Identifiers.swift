/// A token's number in the model's vocabulary. Never negative once validated.
package typealias TokenID = Int32

/// One generation in the cluster: its tokens and its pages. Unique for the life of a coordinator.
package struct SequenceID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt64
  package init(_ rawValue: UInt64) { self.rawValue = rawValue }
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  package var description: String { "sequence \(rawValue)" }
}

/// The version of a layer plan. Frames of another epoch are refused.
package struct PlanEpoch: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  package var next: PlanEpoch { PlanEpoch(rawValue &+ 1) }
  package var description: String { "epoch \(rawValue)" }
}

/// A KV page's number: the same in the whole cluster, with one slice of bytes on each worker.
package struct PageID: Hashable, Sendable {
  package let rawValue: UInt32
  package init(_ rawValue: UInt32) { self.rawValue = rawValue }
}
