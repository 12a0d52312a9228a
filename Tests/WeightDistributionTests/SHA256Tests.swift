import WeightDistribution
import Testing

@Suite("SHA-256")
struct SHA256Tests {
  private func digest(_ parts: [[UInt8]]) -> String {
    var hash = SHA256()
    for part in parts { hash.update(part) }
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(
    "has the digests that FIPS 180-4 gives for its examples",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
    ])
  func knownAnswers(text: String, expected: String) {
    #expect(digest([Array(text.utf8)]) == expected)
  }

  @Test("a million letters in parts of any size have the digest of all at once")
  func parts() {
    let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    for size in [1_000, 4_096, 999_999, 1_000_000] {
      let parts = stride(from: 0, to: 1_000_000, by: size).map { start in
        [UInt8](repeating: 97, count: min(size, 1_000_000 - start))
      }
      #expect(digest(parts) == million)
    }
  }
}
