import ChatTemplates
import JSON
import Testing

/// Templates made to exhaust something are refused, and say why.
@Suite struct HostileTemplateTests {
  /// What is repeated before and after the innermost expression.
  static let bombs = [
    ("(", ")"), ("[", "]"), ("a[", "]"), ("{'a': ", "}"), ("f(", ")"), ("x | f(", ")"), ("1 is in(", ")"),
    ("not ", ""),
    ("-", ""), ("1 if 0 else ", ""),
  ]

  @Test("Deeply nested expressions are rejected while parsing", arguments: bombs)
  func nestedExpressions(opening: String, closing: String) {
    let (before, after) = (
      String(repeating: opening, count: 15_000), String(repeating: closing, count: 15_000)
    )
    let error = #expect(throws: ChatTemplateError.self) { try render("{{ " + before + "1" + after + " }}") }
    #expect(error?.kind == .limit, "\(error?.description ?? "no error")")
  }

  @Test(
    "Deeply nested blocks are rejected while parsing",
    arguments: ["{% if 1 %}", "{% for x in y %}", "{% set x %}"])
  func nestedBlocks(tag: String) {
    let error = #expect(throws: ChatTemplateError.self) { try render(String(repeating: tag, count: 10_000)) }
    #expect(error?.kind == .limit)
  }

  @Test("Long but flat templates are accepted")
  func flat() throws {
    #expect(try render("{{ " + String(repeating: "1 + ", count: 20_000) + "1 }}") == "20001")
    #expect(try render("{{ 'x'" + String(repeating: " | trim", count: 20_000) + " }}") == "x")
    let branches = String(repeating: "{% elif false %}", count: 5_000)
    #expect(try render("{% if false %}" + branches + "{% else %}y{% endif %}") == "y")
  }

  static let floods: [(String, String)] = [
    ("a huge range", "{% for i in range(1000000000) %}{% endfor %}"),
    ("a range near the end of numbers", "{{ range(-9223372036854775807, 9223372036854775807) | length }}"),
    (
      "loops in loops",
      "{% for a in range(999) %}{% for b in range(999) %}{% for c in range(999) %}x"
        + "{% endfor %}{% endfor %}{% endfor %}"
    ),
    ("a text times a number", "{{ 'x' * 999999999999 }}"),
    ("a text times a number that overflows", "{{ 'xxxx' * 9223372036854775807 }}"),
    (
      "a text doubled over and over",
      "{% set n = namespace(t='xxxxxxxx') %}{% for i in range(64) %}{% set n.t = n.t + n.t %}{% endfor %}"
    ),
    (
      "a list doubled over and over",
      "{% set n = namespace(t=[1]) %}{% for i in range(64) %}{% set n.t = n.t + n.t %}{% endfor %}"
    ),
    (
      "a list in a list in a list",
      "{% set n = namespace(t=[]) %}{% for i in range(9999) %}{% set n.t = [n.t] %}{% endfor %}"
    ),
    (
      "shared lists written out",
      "{% set n = namespace(t=['x']) %}{% for i in range(40) %}{% set n.t = [n.t, n.t] %}"
        + "{% endfor %}{{ n.t }}"
    ),
    (
      "shared lists compared",
      "{% set n = namespace(t=['x']) %}{% for i in range(40) %}{% set n.t = [n.t, n.t] %}"
        + "{% endfor %}{{ n.t == n.t }}"
    ),
    (
      "replacing that grows",
      "{% set n = namespace(t='aa') %}{% for i in range(64) %}"
        + "{% set n.t = n.t | replace('a', 'aaaa') %}{% endfor %}"
    ),
    ("joining that grows", "{{ range(9999) | join('x' * 99999) }}"),
    (
      "a slow search",
      "{% set t = 'a' * 4000000 %}{{ (t ~ 'c') in t }}{% for i in range(99) %}"
        + "{{ ('a' * 2000000 ~ 'b') in t }}{% endfor %}"
    ),
    ("a macro that calls itself", "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}"),
    (
      "a macro that calls itself twice",
      "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}"
    ),
    (
      "two macros that call each other",
      "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}"
    ),
    (
      "a caller that calls its macro",
      "{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}{{ f() }}{% endcall %}{{ f(caller=f) }}"
    ),
    ("a block that renders itself", "{% block b %}{{ self.b() }}{% endblock %}"),
    ("a recursive loop without end", "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}"),
    ("a huge power", "{{ 9 ** 99999999 }}"),
    ("a wide format", "{{ '%999999999d' % 1 }}"),
    ("a wide field", "{{ '{:>999999999}'.format(1) }}"),
    (
      "a wide field that grows",
      "{% set n = namespace(t='x') %}{% for i in range(999) %}{% set n.t = '{:>999999}'.format(n.t) ~ n.t %}"
        + "{% endfor %}"
    ),
    ("a padded text", "{{ 'x'.center(9999999999) }}"),
    ("filled batches", "{{ [1] | batch(9999999999, 0) | list }}"),
    ("many slices", "{{ [1] | slice(9999999999) | list }}"),
    ("sorting for ever", "{% for i in range(999) %}{{ range(9999) | sort(reverse=true) | length }}{% endfor %}"),
    ("JSON indented for ever", "{{ range(9999) | list | tojson(indent=9999999) }}"),
    ("macros kept for ever", "{% for i in range(999999) %}{% macro f() %}{{ i }}{% endmacro %}{% endfor %}"),
    ("a text translated for ever", "{{ ('a' * 999999).translate({97: 'b' * 999999}) }}"),
    ("much output", "{% set t = 'x' * 99999 %}{% for i in range(999) %}{{ t }}{% endfor %}"),
    (
      "much JSON",
      "{% set t = ['x' * 99999] %}{{ [t, t, t, t, t, t, t, t, t, t] * 1 }}{{ (t + t) | tojson }}"
        + "{% for i in range(99) %}{{ t | tojson }}{% endfor %}"
    ),
  ]

  @Test("Templates that grow or loop without bound are stopped", arguments: floods)
  func stopped(name: String, source: String) {
    let error = #expect(throws: ChatTemplateError.self) { try render(source) }
    #expect(
      error?.kind == .limit || error?.kind == .evaluation, "\(name): \(error?.description ?? "no error")")
  }

  @Test("A namespace cannot contain itself")
  func cycle() {
    let error = #expect(throws: ChatTemplateError.self) {
      try render("{% set n = namespace() %}{% set n.n = n %}{{ n }}")
    }
    #expect(error?.kind == .unsupported)
  }

  @Test("A source that is too long, and messages nested too deep, are rejected")
  func outside() {
    let long = #expect(throws: ChatTemplateError.self) { try render(String(repeating: "x", count: 300_000)) }
    #expect(long?.kind == .limit)
    var value = JSONValue.string("x")
    for _ in 0..<200 { value = .array([value]) }
    let deep = #expect(throws: ChatTemplateError.self) { try render("x", extra: ["v": value]) }
    #expect(deep?.kind == .limit)
  }

  @Test("Damaged templates only throw")
  func damaged() {
    var generator = SystemRandomNumberGenerator()
    for (_, source) in TemplateSources.all {
      let bytes = Array(source.utf8)
      for _ in 0..<60 {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
          let at = Int.random(in: 0..<damaged.count, using: &generator)
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: damaged[at] = UInt8.random(in: 0...255, using: &generator)
          case 1: damaged.remove(at: at)
          default: damaged.insert(Array("{}%-'[](|".utf8).randomElement(using: &generator) ?? 0, at: at)
          }
        }
        _ = try? render(String(decoding: damaged, as: UTF8.self), [.user("a"), .assistant("b"), .user("c")])
      }
    }
  }
}
