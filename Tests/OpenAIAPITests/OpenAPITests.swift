import Core
import Testing

@testable import OpenAIAPI

@Suite("The OpenAPI document", .timeLimit(.minutes(5)))
struct OpenAPITests {
  @Test("It has every path, and the fields of every body")
  func document() async throws {
    let reply = try await CannedEngine.answering("").get("/openapi.json")
    #expect(reply.status == 200 && reply.json["openapi"].text == "3.1.0")
    let paths = reply.json["paths"]
    let chat = paths["/chat/completions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    #expect(chat["required"] == .array([.string("messages")]) && chat["properties"].has("temperature"))
    #expect(paths["/responses/{id}"].has("get") && paths["/responses/{id}"].has("delete"))
    #expect(paths["/models/{name}"]["get"]["parameters"][0]["in"].text == "path")
  }

  @Test("Every path that takes a body has its fields in the list")
  func bodies() async throws {
    let reply = try await CannedEngine.answering("").get("/openapi.json")
    let paths = try #require(reply.json["paths"].members)
    let posts = paths.filter { $0.value.has("post") }
    let withoutBody = posts.filter { !$0.value["post"].has("requestBody") }.map(\.key)
    #expect(withoutBody == ["/responses/{id}/cancel"])
    #expect(posts.count == OpenAPIDocument.bodies.count + 1)
  }
}
