import ChatTemplates
import Fixtures
import Foundation
import JSON
import Testing

/// Expressions and small templates mean what they mean in Jinja.
@Suite struct ExpressionTests {
  /// What jinja2 made of each template; nil where it raised an error.
  private static let goldens = Result {
    let file = SharedFiles.root.appendingPathComponent("Tests/ChatTemplatesTests/Goldens/expressions.json")
    return try JSONParser.parse([UInt8](try Data(contentsOf: file)))
  }

  @Test("Every expression and tag gives jinja2's text, or an error where jinja2 raises one")
  func agree() throws {
    let goldens = try Self.goldens.get()
    let variables = try #require(goldens["variables"]?.object)
    let templates = try #require(goldens["templates"]?.object)
    #expect(templates.members.count > 300)
    for template in templates.members {
      let expected = template.value.string
      do {
        let text = try render(template.key, extra: variables)
        #expect(text == expected, "\(template.key)")
      } catch let error as ChatTemplateError {
        #expect(expected == nil, "\(template.key): \(error)")
      }
    }
  }
}
