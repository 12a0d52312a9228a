import Core
import Foundation

/// The rotary embedding of a layer's heads, where it has one.
struct PlainRotation {
  private let rope: RopeConfiguration?

  init(_ rope: RopeConfiguration?) {
    if let rope { precondition(rope.scaling == .none, "the plain backend knows no rope scaling") }
    self.rope = rope
  }

  /// A head turned by `position`.
  func turned(_ head: [Double], by position: Int) -> [Double] {
    guard let rope else { return head }
    var result = head
    let pairCount = rope.rotaryDimension / 2
    for pair in 0..<pairCount {
      let angle = Double(position) * pow(rope.base, -2 * Double(pair) / Double(rope.rotaryDimension))
      let (first, second) =
        switch rope.layout {
        case .interleaved: (2 * pair, 2 * pair + 1)
        case .halfSplit: (pair, pair + pairCount)
        }
      result[first] = head[first] * cos(angle) - head[second] * sin(angle)
      result[second] = head[first] * sin(angle) + head[second] * cos(angle)
    }
    return result
  }
}
