import CZeroMQ

/// A CURVE key pair: a process's identity. Its description shows the public half only.
package struct KeyPair: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
  package let publicKey: PublicKey
  /// 32 bytes, never logged.
  let secret: [UInt8]

  /// A new pair from the system's randomness.
  /// - Throws: `TransportError.library` when libzmq was built without CURVE.
  package init() throws {
    // libzmq writes both as 40 characters of Z85 and a NUL.
    var publicText = [CChar](repeating: 0, count: 41)
    var secretText = publicText
    var publicBytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
    var secretBytes = publicBytes
    guard zmq_curve_keypair(&publicText, &secretText) == 0,
      zmq_z85_decode(&publicBytes, publicText) != nil, zmq_z85_decode(&secretBytes, secretText) != nil,
      let publicKey = PublicKey(bytes: publicBytes)
    else { throw TransportError.noKeys }
    self.publicKey = publicKey
    secret = secretBytes
  }

  /// The pair of a secret, as `secretText` wrote it.
  /// - Throws: `TransportError.noKeys` when libzmq was built without CURVE. Nil when the text is not a secret key.
  package init?(secretText: some StringProtocol) throws {
    guard let secret = Hexadecimal.bytes(secretText), secret.count == PublicKey.byteCount else { return nil }
    var secretZ85 = [CChar](repeating: 0, count: 41)
    var publicZ85 = secretZ85
    var publicBytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
    guard zmq_z85_encode(&secretZ85, secret, secret.count) != nil, zmq_curve_public(&publicZ85, secretZ85) == 0,
      zmq_z85_decode(&publicBytes, publicZ85) != nil, let publicKey = PublicKey(bytes: publicBytes)
    else { throw TransportError.noKeys }
    self.publicKey = publicKey
    self.secret = secret
  }

  /// For a key file that only its owner can read.
  package var secretText: String { Hexadecimal.text(secret) }

  package var description: String { "key \(publicKey)" }
  package var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
