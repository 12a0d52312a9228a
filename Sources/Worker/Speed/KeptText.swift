import CPlatform

/// Text as a host keeps it: under a line with its checksum, so that what is cut or damaged is as if it were not there.
enum KeptText {
  /// - Parameter text: lines, each with its end.
  static func bytes(_ text: String) -> [UInt8] {
    let checksum = Array(text.utf8).withUnsafeBytes { lh_crc32c(0, $0.baseAddress, Int64($0.count)) }
    return Array("\(text)checksum \(String(checksum, radix: 16))\n".utf8)
  }
}
