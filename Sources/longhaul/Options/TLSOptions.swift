import ArgumentParser
import Credentials
import OpenAIAPI

/// The certificate of an HTTPS server.
struct TLSOptions: ParsableArguments {
  @Option(
    help: """
      Serve HTTPS with the certificate in this PEM file, which holds those that vouch for it, too. SIGHUP reads it and \
      --tls-key again.
      """)
  var tlsCert: String?

  @Option(help: "The certificate's key, a PEM file readable by its owner only.")
  var tlsKey: String?

  /// Nil without options: the server speaks HTTP.
  /// - Throws: `CommandFailure` that names the file.
  func certificate() throws -> ServerCertificate? {
    switch (tlsCert, tlsKey) {
    case (nil, nil): return nil
    case (let chain?, let key?):
      do {
        return try ServerCertificate {
          CertificatePair(chain: try SecretFile.readPublic(chain), key: try SecretFile.read(key))
        }
      } catch let error as CertificateError {
        throw CommandFailure(.badConfiguration, "--tls-cert '\(chain)' with --tls-key '\(key)': \(error)")
      }
    case (_, nil): throw CommandFailure(.usage, "--tls-cert requires --tls-key, the certificate's key")
    case (nil, _): throw CommandFailure(.usage, "--tls-key requires --tls-cert, the key's certificate")
    }
  }
}
