import ArgumentParser
import ChatTemplates
import Core

/// Which chat template renders chats.
struct ChatTemplateOptions: ParsableArguments {
  /// The name of no template: roles, colons and lines.
  private static let plain = "plain"

  @Option(
    help: """
      A file with a Jinja template, or the name of a format: chatml, command-r, gemma, llama2, llama3, mistral, phi3, \
      zephyr, or plain for roles and colons. Default: the model's own.
      """)
  var chatTemplate: String?

  /// Puts the template in place of the model's.
  func apply(to description: inout TokenizerDescription) throws {
    guard let chatTemplate else { return }
    if chatTemplate == Self.plain {
      description.chatTemplate = nil
    } else if let source = NamedTemplates.sources[chatTemplate] {
      description.chatTemplate = source
    } else {
      let bytes = try InputFile.bytes(chatTemplate)
      guard let source = String(validating: bytes, as: UTF8.self) else {
        throw CommandFailure(.usage, "'\(chatTemplate)' is not UTF-8 text")
      }
      description.chatTemplate = source
      // Of a template that was chosen, the user hears at once that it cannot be read.
      do {
        _ = try ChatTemplate(source: source)
      } catch {
        throw CommandFailure(.usage, "the chat template '\(chatTemplate)' cannot be read: \(error)")
      }
    }
  }
}
