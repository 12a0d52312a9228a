import Evaluation
import Foundation
import Core
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A verification written by hand: perplexities, and shares of twenty found, by length.
enum VerificationSample {
  static func make(
    model: String = "sample", perplexity: [Double] = [9, 8.5, 8.6, 8.8, 9], plain: [Double] = [9, 8.5, 200, 300, 400],
    found: [Int] = [20, 20, 20, 19, 18], plainFound: [Int] = [20, 20, 5, 0, 0]
  ) throws -> ContextVerification {
    let lengths = [128, 256, 512, 1024, 2048]
    func estimate(_ value: Double) -> PerplexityEstimate {
      PerplexityEstimate(windowLosses: [log(value) - 0.01, log(value) + 0.01])
    }
    let policies = try lengths.map { try PolicyChoice.forLength($0, trainedLength: 256).policy }
    func shares(_ counts: [Int]) -> [[ShareEstimate]] {
      counts.map { count in
        (0..<5).map { ShareEstimate(successCount: min(4, max(0, count - 4 * $0)), trialCount: 4) }
      }
    }
    return ContextVerification(
      model: model, trainedLength: 256, contextLength: 2048, weightByteCount: 5_600_000, workerCount: 2, seed: 1,
      stride: 128,
      rows: lengths.indices.map { index in
        .init(
          length: lengths[index], policy: policies[index], perplexity: estimate(perplexity[index]),
          plainPerplexity: estimate(plain[index]), seconds: 0.1 * Double(lengths[index]) / 128,
          plainSeconds: 0.1 * Double(lengths[index]) / 128, cacheByteCount: 2000 * lengths[index] + 300_000,
          plainCacheByteCount: 2000 * lengths[index])
      },
      heatMaps: [
        .init(
          title: "passkey of 5 digits", isPlain: false, depths: [0, 0.25, 0.5, 0.75, 1], lengths: lengths,
          shares: shares(found)),
        .init(
          title: "passkey of 5 digits", isPlain: true, depths: [0, 0.25, 0.5, 0.75, 1], lengths: lengths,
          shares: shares(plainFound)),
      ])
  }
}

@Suite("The verdict on a context length")
struct VerdictTests {
  @Test("all lengths pass")
  func holds() throws {
    let verdict = Verdict(try VerificationSample.make())
    #expect(verdict.grade == .passes && verdict.trustedLength == 2048)
    #expect(verdict.headline == "The model works up to 2,048 tokens, the longest measured length.")
    #expect(verdict.reasons.contains { $0.contains("Plain attention fails earlier:") })
  }

  @Test("retrieval drops: the verdict names the length and the share")
  func findingFalls() throws {
    let verdict = Verdict(try VerificationSample.make(found: [20, 20, 20, 12, 4]))
    #expect(verdict.grade == .passesInPart && verdict.trustedLength == 512)
    #expect(
      verdict.headline == "The model works up to 512 tokens; at 1,024, retrieval drops to 60 % (passkey of 5 digits).")
  }

  @Test("a length with high perplexity or NaN fails")
  func perplexityRises() throws {
    let rises = Verdict(try VerificationSample.make(perplexity: [9, 8.5, 8.6, 30, 8.6]))
    #expect(rises.trustedLength == 512)
    #expect(rises.headline.contains("perplexity is 3.5 times"))
    let broken = Verdict(try VerificationSample.make(perplexity: [9, 8.5, .nan, 8.6, 8.6]))
    #expect(broken.trustedLength == 256 && broken.grade == .fails)
  }

  @Test("a task that fails within the trained context does not count at longer lengths")
  func findingDoesNotCount() throws {
    let verdict = Verdict(try VerificationSample.make(found: [4, 4, 0, 0, 0]))
    #expect(verdict.grade == .passes)
    #expect(verdict.headline == "By perplexity alone, the model works up to 2,048 tokens, the longest measured length.")
    #expect(verdict.reasons.contains { $0.contains("so it does not count") })
  }

  @Test("lengths double from half the trained context to the requested length")
  func lengths() {
    func lengths(_ context: Int, _ trained: Int) -> [Int] {
      ContextVerification.lengths(upTo: context, trainedLength: trained)
    }
    #expect(lengths(2048, 256) == [128, 256, 512, 1024, 2048])
    #expect(lengths(1100, 256) == [128, 256, 512, 1100])
    #expect(lengths(300, 256) == [128, 256, 300])
    #expect(lengths(256, 256) == [64, 128, 256])
  }
}

@Suite("The report's page")
struct PageTests {
  private static let hostile = "</title><script>alert(1)</script>\"'&\u{0}\u{202E}<img src=x onerror=alert(2)>]]>"

  @Test("is well-formed and self-contained, and shows the verdict and every number")
  func whole() throws {
    let page = VerificationPage(try VerificationSample.make(), program: "longhaul test").html
    #expect(page.hasPrefix("<!DOCTYPE html>"))
    _ = try document(page)
    for word in ["The model works up to 2,048 tokens", "SelfExtend", "passkey of 5 digits", "90 %", "8.60", "32 × 64"] {
      #expect(page.contains(word), "\(word)")
    }
    for fetch in ["http:", "https:", "src=", "href=", "@import", "<script", "<link", "<iframe", "url(//"] {
      #expect(!page.contains(fetch), "\(fetch)")
    }
  }

  @Test("a model's name cannot become markup")
  func hostileNames() throws {
    let sample = try VerificationSample.make(model: Self.hostile)
    let page = VerificationPage(sample, program: Self.hostile).html
    _ = try document(page)
    for piece in ["<script", "<img", "\u{0}", "\u{202E}"] { #expect(!page.contains(piece), "\(piece)") }
    #expect(page.contains("&lt;script&gt;alert(1)"))
  }

  @Test("NaN, flat lines and single lengths still make a page")
  func oddNumbers() throws {
    let odd = [Double.infinity, .nan, 0.0001, .greatestFiniteMagnitude, 1]
    _ = try document(
      VerificationPage(try VerificationSample.make(perplexity: odd, plain: odd.reversed()), program: "x").html)
    let whole = try VerificationSample.make()
    let single = ContextVerification(
      model: "one", trainedLength: 256, contextLength: 128, weightByteCount: 0, workerCount: 1, seed: 0, stride: 1,
      rows: [whole.rows[0]], heatMaps: [])
    _ = try document(VerificationPage(single, program: "x").html)
    let nothing = ContextVerification(
      model: "none", trainedLength: 256, contextLength: 128, weightByteCount: 0, workerCount: 1, seed: 0, stride: 1,
      rows: [], heatMaps: [])
    _ = try document(VerificationPage(nothing, program: "x").html)
  }

  private func document(_ page: String) throws -> XMLDocument {
    try XMLDocument(data: Data(page.utf8), options: [])
  }
}
