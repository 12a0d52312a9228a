import NIOCore
import Synchronization

#if TLS
  import NIOSSL
#endif

/// A certificate with those that vouch for it, and its key, each as PEM text.
package struct CertificatePair: Sendable {
  package let chain: String
  package let key: String

  package init(chain: String, key: String) { (self.chain, self.key) = (chain, key) }
}

/// A certificate cannot be used. The text contains nothing of the key.
package struct CertificateError: Error, Sendable, CustomStringConvertible {
  package let description: String
}

#if TLS
  /// What proves the server's name to clients. Read at start, and again on demand: connections that are open keep the
  /// one that they have.
  package final class ServerCertificate: Sendable {
    private let read: @Sendable () throws -> CertificatePair
    private let context: Mutex<NIOSSLContext>

    /// - Parameter read: reads the files.
    /// - Throws: what `read` throws, or `CertificateError`.
    package init(_ read: @escaping @Sendable () throws -> CertificatePair) throws {
      self.read = read
      context = Mutex(try Self.context(try read()))
    }

    /// Reads the files again. When it throws, the server keeps the certificate that it has.
    package func reload() throws {
      let next = try Self.context(try read())
      context.withLock { $0 = next }
    }

    /// Lets a connection speak TLS from its first byte. Called on the connection's event loop.
    func secure(_ channel: any Channel) throws {
      try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context.withLock { $0 }))
    }

    private static func context(_ pair: CertificatePair) throws -> NIOSSLContext {
      // try?: the library's reasons are numbers of its own.
      let certificates = (try? NIOSSLCertificate.fromPEMBytes(Array(pair.chain.utf8))) ?? []
      guard !certificates.isEmpty else {
        throw CertificateError(description: "the certificate is not PEM text (-----BEGIN CERTIFICATE-----)")
      }
      let key: NIOSSLPrivateKey
      do { key = try NIOSSLPrivateKey(bytes: Array(pair.key.utf8), format: .pem) } catch {
        throw CertificateError(
          description: "the key is not PEM text (-----BEGIN PRIVATE KEY-----), or a passphrase protects it")
      }
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
      configuration.minimumTLSVersion = .tlsv12
      configuration.applicationProtocols = NegotiatedChannel.names
      do { return try NIOSSLContext(configuration: configuration) } catch {
        throw CertificateError(description: "the key does not belong to the certificate")
      }
    }
  }
#else
  /// Stands for what this build has not: with the library for TLS a build has three times the steps.
  package final class ServerCertificate: Sendable {
    /// - Throws: `CertificateError`, always.
    package init(_ read: @escaping @Sendable () throws -> CertificatePair) throws {
      throw CertificateError(
        description: "this program was built without TLS; build it with 'swift build -c release --traits TLS', or let "
          + "a proxy on this machine speak TLS")
    }

    package func reload() throws {}
  }
#endif
