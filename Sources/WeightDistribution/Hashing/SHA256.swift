import CLibcrypto

/// One SHA-256 (FIPS 180-4) in the making, computed by libcrypto. One thread at a time owns it.
///
/// Weights are hashed with it, so it must run at the speed of a disk: libcrypto takes the processor's SHA instructions.
package struct SHA256: ~Copyable {
  package static let byteCount = 32

  private let context: OpaquePointer

  /// Keeps libcrypto usable until the process ends. By default it frees its tables in `exit`, while threads that still
  /// hash read them.
  private static let isInitialized = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

  /// Traps where the system has no memory left for 200 bytes, or a libcrypto without SHA-256.
  package init() {
    guard Self.isInitialized, let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      preconditionFailure("libcrypto cannot start a SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "libcrypto refuses bytes")
  }

  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// The 32 bytes of the digest.
  package consuming func finalize() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { digest, count in
      precondition(EVP_DigestFinal_ex(context, digest.baseAddress, nil) == 1, "libcrypto cannot end a SHA-256")
      count = Self.byteCount
    }
  }
}
