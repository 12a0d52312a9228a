import CLibcrypto
import Glibc

/// The hash of a file by which the hub knows it, computed by libcrypto.
enum BlobDigest {
  /// Lower-case digits of the open file's hash; nil where it cannot be read.
  static func digits(of descriptor: Int32, byteCount: Int, like digest: HubFile.Digest) -> String? {
    guard let context = EVP_MD_CTX_new() else { return nil }
    defer { EVP_MD_CTX_free(context) }
    switch digest {
    case .sha256: guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { return nil }
    case .gitBlob:
      let head = Array("blob \(byteCount)\0".utf8)
      guard EVP_DigestInit_ex(context, EVP_sha1(), nil) == 1, EVP_DigestUpdate(context, head, head.count) == 1 else {
        return nil
      }
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    var done = 0
    while done < byteCount {
      let count = pread(descriptor, buffer.baseAddress, min(buffer.count, byteCount - done), done)
      if count < 0, errno == EINTR { continue }
      guard count > 0, EVP_DigestUpdate(context, buffer.baseAddress, count) == 1 else { return nil }
      done += count
    }
    var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    guard EVP_DigestFinal_ex(context, &bytes, &count) == 1 else { return nil }
    return bytes.prefix(Int(count)).map { byte in
      let digits = String(byte, radix: 16)
      return digits.utf8.count < 2 ? "0" + digits : digits
    }.joined()
  }
}
