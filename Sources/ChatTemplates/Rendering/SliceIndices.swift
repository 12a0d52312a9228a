/// The indices that a slice selects, by Python's rules: negative bounds count from the end, and all are clamped.
struct SliceIndices: Sequence {
  let first: Int
  let step: Int
  /// The first index beyond the slice, in the direction of `step`.
  let end: Int
  let count: Int

  init(_ bounds: (start: Int?, end: Int?, step: Int?), count total: Int) throws(ChatTemplateError) {
    step = bounds.step ?? 1
    guard step != 0, step.magnitude <= UInt(Int32.max) else {
      throw ChatTemplateError(.evaluation, "a slice has the step \(step)")
    }
    let (low, high) = step > 0 ? (0, total) : (-1, total - 1)
    func clamp(_ bound: Int) -> Int { Swift.min(Swift.max(bound < 0 ? bound + total : bound, low), high) }
    first = bounds.start.map(clamp) ?? (step > 0 ? low : high)
    end = bounds.end.map(clamp) ?? (step > 0 ? high : low)
    count =
      step > 0
      ? Swift.max(0, (end - first + step - 1) / step) : Swift.max(0, (first - end - step - 1) / -step)
  }

  func makeIterator() -> some IteratorProtocol<Int> {
    (0..<count).lazy.map { [first, step] index in first + index * step }.makeIterator()
  }
}
