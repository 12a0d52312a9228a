import ChatTemplates
import Testing

/// The formats that `--chat-template` knows by name.
@Suite struct NamedTemplateTests {
  static let prompts = [
    "chatml": "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n<|im_start|>user\nA<|im_end|>\n"
      + "<|im_start|>assistant\n",
    "command-r": "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>Hi<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>"
      + "Yo<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>A<|END_OF_TURN_TOKEN|>"
      + "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>",
    "gemma": "<s><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nYo<end_of_turn>\n"
      + "<start_of_turn>user\nA<end_of_turn>\n<start_of_turn>model\n",
    "llama2": "<s>[INST] Hi [/INST] Yo </s><s>[INST] A [/INST]",
    "llama3": "<s><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant"
      + "<|end_header_id|>\n\nYo<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nA<|eot_id|>"
      + "<|start_header_id|>assistant<|end_header_id|>\n\n",
    "mistral": "<s>[INST] Hi [/INST] Yo</s>[INST] A [/INST]",
    "phi3": "<s><|user|>\nHi<|end|>\n<|assistant|>\nYo<|end|>\n<|user|>\nA<|end|>\n<|assistant|>\n",
    "zephyr": "<|user|>\nHi</s>\n<|assistant|>\nYo</s>\n<|user|>\nA</s>\n<|assistant|>\n",
  ]

  @Test("Every named format renders a chat of two turns", arguments: NamedTemplates.sources.keys.sorted())
  func formats(name: String) throws {
    let source = try #require(NamedTemplates.sources[name])
    #expect(try render(source, [.user("Hi"), .assistant("Yo"), .user("A")], generating: true) == Self.prompts[name])
  }
}
