extension WireLimits {
  /// Bytes that are hashed together, and that travel together when weights do.
  package static let blockByteCount = 512 << 10
}
