import Core
package import Tensors

/// How the matrices of a random model are stored: all alike, or mixed as well-known files mix them.
package enum RandomTypes: Hashable, Sendable {
  case one(ElementType)
  /// What files called Q4_K_M have: Q4_K, and Q6_K for the head, and for values and the feed-forward's way down in the
  /// first and the last eighth of the layers and in every third of the others.
  case q4KM

  /// By the name that users write, whatever its capitals; nil if unknown.
  package init?(_ name: String) {
    if name.lowercased() == RandomTypes.q4KM.name.lowercased() {
      self = .q4KM
    } else if let type = ElementType.allCases.first(where: { $0.description.lowercased() == name.lowercased() }) {
      self = .one(type)
    } else {
      return nil
    }
  }

  /// All names.
  package static var names: [String] { ElementType.allCases.map(\.description) + [RandomTypes.q4KM.name] }

  package var name: String {
    switch self {
    case .one(let type): type.description
    case .q4KM: "Q4_K_M"
    }
  }

  /// Every type that occurs.
  var all: [ElementType] {
    switch self {
    case .one(let type): [type]
    case .q4KM: [.q4_K, .q6_K]
    }
  }

  /// - Parameter layer: nil for tensors of no layer.
  func type(of role: TensorRole, layer: Int?, in model: ModelConfiguration) -> ElementType {
    switch self {
    case .one(let type): return type
    case .q4KM:
      guard let layer else { return role == .head || model.hasTiedHead ? .q6_K : .q4_K }
      let eighth = model.layerCount / 8
      let isWorthMore =
        layer < eighth || layer >= 7 * model.layerCount / 8 || (layer - eighth) % 3 == 2
      return isWorthMore && (role == .value || role == .down || role == .expertDown) ? .q6_K : .q4_K
    }
  }
}
