/// Names that no other request has.
enum RandomName {
  /// Nine letters and digits: the ids of calls that Mistral's templates accept.
  static func callID() -> String {
    let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    return String((0..<9).map { _ in characters[Int.random(in: characters.indices)] })
  }

  /// 128 random bits as hexadecimal digits.
  static func make(prefix: String) -> String {
    let words = [UInt64.random(in: .min ... .max), .random(in: .min ... .max)]
    return prefix
      + words.map { word in
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }.joined()
  }
}
