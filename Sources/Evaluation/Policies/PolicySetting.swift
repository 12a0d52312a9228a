package import Core

/// A policy to compare with others: what is asked for, whatever the length.
package struct PolicySetting: Hashable, Sendable, CustomStringConvertible {
  package let request: PolicyRequest

  package init(_ request: PolicyRequest) { self.request = request }

  /// Parses what `PolicyRequest` reads: `plain`, `auto`, `8x32` (group size 8, neighbor window 32), `rerope:64`.
  /// - Throws: `PolicyTextError`.
  package init(_ text: some StringProtocol) throws(PolicyTextError) { self.init(try PolicyRequest(text)) }

  package static let plain = PolicySetting(PolicyRequest(groupSize: 1))
  package static let automatic = PolicySetting(PolicyRequest())

  /// The policy for a length; nil when no automatic policy admits it.
  /// - Throws: `PolicyArgumentError`.
  func policy(length: Int, trainedLength: Int) throws -> PositionPolicy? {
    do {
      return try PolicyChoice.forLength(length, trainedLength: trainedLength, request: request).policy
    } catch is PolicyRefusal {
      return nil
    }
  }

  package var description: String { request.description }
}
