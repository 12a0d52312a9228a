package import Core
import Foundation
package import Weights

/// A model of random weights for comparisons: as large as trained ones, so that attention prefers some positions to
/// others, and norms that are not all 1.
package enum SharpModel {
  /// Writes a model in F32 and opens it.
  /// - Parameter architectures: families that may be made.
  package static func checkpoint(
    _ configuration: ModelConfiguration, at path: String, architectures: [Architecture] = Architecture.supported
  ) throws -> Checkpoint {
    let random = try RandomCheckpoint(
      shape: ModelShape(name: configuration.name, configuration: configuration), types: .named("F32"), seed: 5,
      architectures: architectures)
    try random.write(to: path) { _ in }
    let tensors = try Checkpoint(path: path, architectures: architectures).tensors
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    for tensor in tensors {
      let isNorm = tensor.name.hasSuffix("norm.weight")
      for index in 0..<(tensor.byteCount ?? 0) / 4 {
        let place = tensor.offset + 4 * index
        let number = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: Float.self) }
        let changed = isNorm ? 1 + 0.25 * Float(sin(Double(index))) : 10 * number
        withUnsafeBytes(of: changed) { bytes.replaceSubrange(place..<place + 4, with: $0) }
      }
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    return try Checkpoint(path: path, architectures: architectures)
  }
}

extension RandomTypes {
  fileprivate static func named(_ name: String) -> RandomTypes {
    guard let types = RandomTypes(name) else { preconditionFailure("\(name) is a type") }
    return types
  }
}
