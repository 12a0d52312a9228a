import Core
import Foundation
import Testing

@testable import OpenAIAPI

@Suite("Embeddings", .timeLimit(.minutes(5)))
struct EmbeddingTests {
  /// The canned engine counts a prompt's tokens by their last three bits.
  private static func counts(_ text: String) -> [Double] {
    let tokens = [1] + ByteVocabulary.tokens(of: text)
    let counts = (0..<8).map { bits in Double(tokens.count { Int($0) & 7 == bits }) }
    let norm = counts.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return counts.map { $0 / norm }
  }

  private static func numbers(_ value: JSONValue) -> [Double] {
    guard case .array(let items) = value else { return [] }
    return items.compactMap { item in
      switch item {
      case .integer(let number): Double(number)
      case .number(let number): number
      default: nil
      }
    }
  }

  private static func isClose(_ one: [Double], _ other: [Double]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-6 }
  }

  @Test("A text, several, and token ids become vectors of length 1 in their order")
  func inputs() async throws {
    let engine = CannedEngine.answering("")
    let one = try await engine.post("/v1/embeddings", #"{"input":"ab","user":"x"}"#)
    #expect(one.json["object"].text == "list" && one.json["model"].text == "org/canned")
    #expect(one.json["usage"]["prompt_tokens"] == .integer(3) && one.json["usage"]["total_tokens"] == .integer(3))
    #expect(Self.isClose(Self.numbers(one.json["data"][0]["embedding"]), Self.counts("ab")))
    let two = try await engine.post("/v1/embeddings", #"{"input":["ab","xyz"]}"#)
    #expect(two.json["data"][1]["index"] == .integer(1) && two.json["data"][1]["object"].text == "embedding")
    #expect(Self.isClose(Self.numbers(two.json["data"][1]["embedding"]), Self.counts("xyz")))
    let ids = try await engine.post("/embeddings", #"{"input":[[1,100],[1,101]]}"#)
    #expect(ids.json["data"].count == 2)
    #expect(engine.requests.allSatisfy { $0.pooling == .mean && $0.maximumNewTokens == 0 })
  }

  @Test("Vectors may be base64, cut, unscaled, and pooled in three ways")
  func forms() async throws {
    let engine = CannedEngine.answering("")
    let base64 = try await engine.post("/v1/embeddings", #"{"input":"ab","encoding_format":"base64"}"#)
    let data = try #require(base64.json["data"][0]["embedding"].text.flatMap { Data(base64Encoded: $0) })
    let floats = stride(from: 0, to: data.count, by: 4).map { place in
      Double(Float(bitPattern: data[place..<place + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }))
    }
    #expect(Self.isClose(floats, Self.counts("ab")))
    let cut = Self.numbers(
      try await engine.post("/v1/embeddings", #"{"input":"ab","dimensions":3}"#).json["data"][0]["embedding"])
    #expect(cut.count == 3 && abs(cut.reduce(0) { $0 + $1 * $1 } - 1) < 1e-6)
    let own = Self.numbers(
      try await engine.post("/v1/embeddings", #"{"input":"ab","normalize":false}"#).json["data"][0]["embedding"])
    #expect(own.reduce(0, +) == 3)
    for (name, pooling) in [("last", Pooling.last), ("class", .first), ("cls", .first), ("mean", .mean)] {
      _ = try await engine.post("/v1/embeddings", #"{"input":"ab","pooling":"\#(name)"}"#)
      #expect(engine.requests.last?.pooling == pooling)
    }
  }

  @Test("llama-server's and Ollama's forms hold the same vectors")
  func otherForms() async throws {
    let engine = CannedEngine.answering("")
    let native = try await engine.post("/embedding", #"{"content":"ab"}"#)
    #expect(Self.isClose(Self.numbers(native.json[0]["embedding"][0]), Self.counts("ab")))
    let ollama = try await engine.post("/api/embed", #"{"model":"","input":["ab","c"]}"#)
    #expect(Self.isClose(Self.numbers(ollama.json["embeddings"][0]), Self.counts("ab")))
    #expect(ollama.json["prompt_eval_count"] == .integer(5))
    let older = try await engine.post("/api/embeddings", #"{"prompt":"ab"}"#)
    #expect(Self.isClose(Self.numbers(older.json["embedding"]), Self.counts("ab")))
  }

  @Test("Scores are cosines, and documents are ranked by them")
  func scores() async throws {
    let engine = CannedEngine.answering("")
    let score = try await engine.post("/score", #"{"text_1":"ab","text_2":["ab","xyz"]}"#)
    #expect(
      score.json["data"].count == 2
        && abs((Self.numbers(.array([score.json["data"][0]["score"]])).first ?? 0) - 1) < 1e-6)
    let ranked = try await engine.post(
      "/v1/rerank", #"{"query":"ab","documents":["xyz",{"text":"ab"},"q"],"top_n":2,"return_documents":true}"#)
    #expect(ranked.json["results"].count == 2 && ranked.json["results"][0]["index"] == .integer(1))
    #expect(ranked.json["results"][0]["document"]["text"].text == "ab")
    let list = try await engine.post("/rerank", #"{"query":"ab","texts":["xyz","ab"],"return_text":true}"#)
    #expect(list.json.count == 2 && list.json[0]["index"] == .integer(1) && list.json[0]["text"].text == "ab")
    #expect(list.json[0].has("score"))
  }

  @Test("A text that is too long is refused with both lengths, or cut where that is asked for")
  func lengths() async throws {
    let engine = CannedEngine.answering("")
    let long = String(repeating: "a", count: 600)
    let refused = try await engine.post("/v1/embeddings", #"{"input":"\#(long)"}"#)
    #expect(refused.status == 400 && refused.json["error"]["code"].text == "context_length_exceeded")
    #expect(refused.json["error"]["n_prompt_tokens"] == .integer(601))
    #expect(try await engine.post("/v1/embeddings", #"{"input":"\#(long)","truncate_prompt_tokens":-1}"#).status == 200)
    #expect(try await engine.post("/api/embed", #"{"input":"\#(long)"}"#).status == 200)
    #expect(engine.requests.map(\.prompt.count) == [512, 512])
  }

  @Test(
    "What is wrong is refused by name",
    arguments: [
      ("{}", "input"), (#"{"input":[]}"#, "input"), (#"{"input":[1,[2]]}"#, "input"), (#"{"input":[999]}"#, "input"),
      (#"{"input":"a","dimensions":9}"#, "dimensions"), (#"{"input":"a","pooling":"max"}"#, "pooling"),
      (#"{"input":"a","encoding_format":"int8"}"#, "encoding_format"), (#"{"input":"a","content":"b"}"#, "content"),
    ])
  func refusals(body: String, parameter: String) async throws {
    let reply = try await CannedEngine.answering("").post("/v1/embeddings", body)
    #expect(reply.status == 400 && reply.json["error"]["param"].text == parameter, "\(reply.body)")
  }
}
