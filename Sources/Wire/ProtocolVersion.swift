/// The version of everything Longhaul's processes say to each other. It is field 1 of every message, and read first.
package enum ProtocolVersion {
  /// Raised when a message changes its meaning; added fields alone do not raise it.
  package static let current: UInt32 = 3
}
