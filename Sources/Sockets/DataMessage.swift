package import Transport
package import Wire

extension Message {
  /// A data message without its checksum, which is verified.
  /// - Throws: `WireError.damaged` when the checksum does not match; another case when there is none.
  package func verifiedData() throws(WireError) -> Message {
    switch verified() {
    case .whole(let message): return message
    case .damaged: throw .damaged
    case .unsealed: throw .field("checksum", reason: "is missing")
    }
  }
}
