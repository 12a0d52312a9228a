extension WireLimits {
  /// Bytes that are hashed together, and that travel together when weights do.
  package static let pieceByteCount = 512 << 10
}
