import Foundation
import HTTPTypes
import Core
import JSON

@testable import OpenAIAPI

/// What clients and users write.
enum RequestTargets {
  /// Bodies of requests, as they are and made to be JSON, as the routes decode them, and what is made of those that are
  /// accepted.
  static let jsonRequest = FuzzTarget(name: "json-request") {
    [
      """
      0{"model":"tiny","messages":[{"role":"system","content":"a"},\
      {"role":"user","content":[{"type":"text","text":"b"}]},\
      {"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}],"stream":true,\
      "stream_options":{"include_usage":true},\
      "max_completion_tokens":5,"logprobs":true,"top_logprobs":3,"chat_template_kwargs":{"tone":"x"},"stop":["a","b"]}
      """,
      """
      1{"prompt":"Once","max_tokens":5,"temperature":0.5,"top_p":0.9,"top_k":4,"min_p":0.1,\
      "dry_multiplier":1,"dry_sequence_breakers":["ab"],"seed":-7,"n":1,"stop":"x",\
      "presence_penalty":1,"frequency_penalty":-1,"repetition_penalty":1.1,"echo":true,"logprobs":2,"group_size":4,\
      "neighbor_window":16,"stop_token_ids":[1,2],"ignore_eos":true,"logit_bias":{"1":-5},\
      "response_format":{"type":"text"}}
      """,
      """
      0{"messages":[{"role":"user","content":"a"}],"tools":[{"type":"function","function":{"name":"f","parameters":\
      {"type":"object"}}}],"tool_choice":"auto","parallel_tool_calls":false,"reasoning_effort":"none","n":2}
      """,
      """
      4{"system":[{"type":"text","text":"s"}],"max_tokens":5,"stop_sequences":["x"],"messages":[{"role":"user",\
      "content":[{"type":"tool_result","tool_use_id":"t","content":"4"}]},{"role":"assistant",\
      "content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}],\
      "tools":[{"name":"f","input_schema":{}}],"thinking":{"type":"disabled"}}
      """,
      #"1{"prompt":[[1,2],[3]]}"#, #"1{"prompt":[1,"a",2],"logit_bias":[["ab",-5]]}"#,
      #"1{"prompt":["a","\u00e9\ud83d\ude00"]}"#, #"1{"prompt":[100,101],"best_of":1}"#,
      #"2{"prompt":"a b","add_special_tokens":false}"#, #"3{"tokens":[1,2,300]}"#,
    ].map { Array($0.utf8) } + (0..<5).map { [UInt8(ascii: "8") + $0, 1, 8, 24, 1] }
  } run: { bytes in
    guard let preparation, let kind = bytes.first else { return }
    var reader = InputReader(Array(bytes.dropFirst()))
    let body = kind & 8 == 0 ? reader.all() : Array(JSONInput.body(&reader).utf8)
    do {
      for answer in try prepare(kind & 7, body, preparation) { check(answer.generation, preparation.model) }
    } catch {
      let status = APIError(cause: error).status.code
      require((400..<500).contains(status), "a refusal is the client's")
    }
  }

  private static func prepare(
    _ kind: UInt8, _ body: [UInt8], _ preparation: AnswerPreparation
  ) throws -> [PreparedAnswer] {
    func read<Body: RequestBody>(_ type: Body.Type) throws -> Body {
      try Body(RequestFields(try JSONParser.parse(body), table: Body.table))
    }
    switch kind {
    case 0: return try preparation.prepare(try read(ChatRequest.self))
    case 1: return try preparation.prepare(try read(CompletionRequest.self))
    case 2:
      switch try read(TokenizeRequest.self).text {
      case .plain(let text): _ = try preparation.codec.encode(prompt: text)
      case .chat(let chat, let tools): _ = try preparation.encode(chat, tools: tools)
      }
      return []
    case 4: return try preparation.prepare(try read(MessagesRequest.self).chat)
    default:
      let request = try read(DetokenizeRequest.self)
      let tokens = try TokenInput.checked(request.tokens, in: "tokens", model: preparation.model)
      _ = preparation.codec.text(of: tokens, spellsControlTokens: true)
      return []
    }
  }

  private static func check(_ generation: GenerationRequest, _ model: ServedModel) {
    require(!generation.prompt.isEmpty, "a prompt is not empty")
    require(
      generation.prompt.count + (generation.maximumNewTokens ?? 0) <= model.contextLength, "an answer fits its context")
    require((try? generation.sampling.validate()) != nil, "what was accepted can be sampled with")
    require(
      generation.prompt.allSatisfy { $0 >= 0 && Int($0) < model.configuration.vocabularySize },
      "ids are of the vocabulary")
  }

  private static let preparation: AnswerPreparation? = (try? ByteVocabulary.codec()).map { codec in
    AnswerPreparation(
      model: ServedModel(
        id: "tiny",
        configuration: ModelConfiguration(
          name: "tiny", architecture: "llama", layerCount: 1, hiddenSize: 8, feedForwardSize: 8, queryHeadCount: 1,
          keyValueHeadCount: 1, headDimension: 8, vocabularySize: 259, trainedLength: 64, normEpsilon: 1e-5,
          rope: RopeConfiguration(base: 10_000, rotaryDimension: 8, layout: .interleaved, scaling: .none),
          hasTiedHead: true),
        contextLength: 512),
      names: ModelNames(id: "tiny"), codec: codec, settings: APISettings(), breakers: DryBreakers())
  }

  /// The text of a policy file.
  static let policyFile = FuzzTarget(name: "policy-file", maximumByteCount: 1024) {
    [
      "group_size: 8\nneighbor_window: 1024\ntrained_length: 4096\n", "# c\n{group_size: 0x10}", "",
      "a: &a [1]\n? *a\n: 1", "- 1", "group_size: !!int \"8\"\n", "policy: string:85,16\n",
      "---\ngroup_size: 1\n...\n---\nb: 2",
    ].map { Array($0.utf8) }
  } run: { bytes in
    guard let text = try? PolicyText(bytes) else { return }
    require(text.values.count <= 3, "a policy has three numbers")
    require(text.values.values.allSatisfy { (0...Limits.maximumContext).contains($0) }, "numbers are within bounds")
  }
}
