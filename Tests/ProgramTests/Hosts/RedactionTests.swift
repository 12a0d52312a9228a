import Testing

@testable import longhaul

@Suite("What leaves a host in a report")
struct RedactionTests {
  @Test(
    "has no secret",
    arguments: [
      "joined with lh1_bmFtZSBhCnNlY3JldCBhYWFh1234abcd", "secret 0123456789abcdef", "api_key: hunter2",
      "LONGHAUL_API_KEYS=hunter2,other", #""password": "hunter2""#, "Authorization: Bearer hunter2",
      "authorization=hunter2", "hf_abcdefghijkl", "sk-abcdefghijkl", "https://me:hunter2@example.com/x",
      "token=hunter2",
    ])
  func secrets(text: String) {
    let cleaned = Redaction.cleaned("before \(text)\nafter")
    for secret in ["hunter2", "other", "0123456789abcdef", "bmFtZSBh", "abcdefghijkl"] {
      #expect(!cleaned.contains(secret), "\(cleaned)")
    }
    #expect(cleaned.contains("REMOVED") && cleaned.hasPrefix("before ") && cleaned.hasSuffix("\nafter"))
  }

  @Test("keeps what only looks like one")
  func others() {
    for text in [
      "prompt_tokens=41 tokens: 7", "path=/etc/longhaul/api-keys", "http://127.0.0.1:8080/ready", "a secret",
    ] {
      #expect(Redaction.cleaned(text) == text)
    }
  }
}
