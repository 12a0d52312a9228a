import ChatTemplates
import Testing

@Suite struct TemplateDateTests {
  static let days: [(TemplateDate, String)] = [
    (TemplateDate(year: 2024, month: 2, day: 29), "Thu 29 Feb 2024, day 29"),
    (TemplateDate(year: 2000, month: 1, day: 1), "Sat 01 Jan 2000, day  1"),
    (TemplateDate(year: 1970, month: 1, day: 1), "Thu 01 Jan 1970, day  1"),
    (TemplateDate(year: 2026, month: 11, day: 30), "Mon 30 Nov 2026, day 30"),
  ]

  @Test("A template shows the date that the caller passes", arguments: days)
  func dates(date: TemplateDate, expected: String) throws {
    #expect(try rendered("{{ strftime_now('%a %d %b %Y, day %e') }}", date) == expected)
  }

  @Test("Times of day have 24 and 12 hours")
  func times() throws {
    let midnight = TemplateDate(year: 2024, month: 3, day: 5, hour: 0, minute: 7, second: 9)
    #expect(try rendered("{{ strftime_now('%F %T %I %p %-m%%') }}", midnight) == "2024-03-05 00:07:09 12 AM 3%")
    let evening = TemplateDate(year: 2024, month: 3, day: 5, hour: 23, minute: 0, second: 0)
    #expect(try rendered("{{ strftime_now('%-I %p') }}", evening) == "11 PM")
  }

  private func rendered(_ source: String, _ date: TemplateDate) throws -> String {
    try ChatTemplate(source: source).render(
      ChatPrompt(messages: []), beginToken: "<s>", endToken: "</s>", date: date
    ).map(\.text).joined()
  }
}
