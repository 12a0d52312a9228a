import Foundation

/// One golden file: a prompt's ids and what the reference made of them under several policies.
package struct GoldenLogits: Decodable {
  package struct Run: Decodable {
    package let G: Int
    package let w: Int
    /// The NumPy file beside it that holds the logits.
    package let logits: String
    package let greedy: [Int32]
    /// How far each greedy token's logit is ahead of the next best.
    package let greedy_lead: [Float]
  }
  package let ids: [Int32]
  package let runs: [Run]

  package static func read(_ name: String) throws -> GoldenLogits {
    try SharedFiles.json(GoldenLogits.self, "goldens/\(name).json")
  }

  /// The float32 numbers of a NumPy file (a version 1 header: magic, length, text).
  package static func numbers(_ name: String) throws -> [Float] {
    let bytes = try SharedFiles.data("goldens/\(name)")
    return floats(bytes.dropFirst(10 + Int(bytes[8]) + Int(bytes[9]) << 8))
  }

  /// Little-endian float32 numbers.
  package static func floats(_ bytes: some Sequence<UInt8>) -> [Float] {
    Array(bytes).withUnsafeBytes { raw in
      stride(from: 0, to: raw.count, by: 4).map { raw.loadUnaligned(fromByteOffset: $0, as: Float.self) }
    }
  }
}
