import ChatTemplates
import Testing

/// The language, feature by feature, with what Jinja gives for each.
@Suite struct LanguageTests {
  static let cases: [(String, String)] = [
    (
      "{{ 1 + 2 * 3 - 4 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 * 1.5 }}",
      "3 3 -4 2 3.5 3.0"
    ),
    ("{{ 'a' ~ 1 ~ none ~ true }} {{ 'ab' * 2 }} {{ 'a' 'b' }}", "a1NoneTrue abab ab"),
    (
      "{{ 1 < 2 <= 2 }} {{ 1 == 1.0 }} {{ 'a' < 'b' }} {{ 'a' in 'cat' }} {{ 3 not in [1, 2] }}",
      "True True True True True"
    ),
    ("{{ 'x' if false }}|{{ 'x' if true else 'y' }}|{{ 1 if 0 else 2 if 0 else 3 }}", "|x|3"),
    ("{{ none or 'b' }} {{ 'a' and 'b' }} {{ not 'a' }} {{ not x is defined }}", "b b False True"),
    (
      "{{ 'a b  c'.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'a,b'.split(',')[-1] }}",
      "['a', 'b', 'c'] ['a', 'b,c'] b"
    ),
    ("{{ '  a '.strip() }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'xax'.strip('x') }}", "a|a | a|a"),
    (
      "{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'ab cd'.title() }} "
        + "{{ 'aBC'.capitalize() }}",
      "True True Ab Cd Abc"
    ),
    ("{{ 'aaa'.replace('a', 'b', 2) }} {{ 'abc' | replace('b', '') }} {{ 'é' | upper }}", "bba ac É"),
    (
      "{{ 'hello'[1:3] }} {{ 'hello'[::-1] }} {{ [1, 2, 3][-2:] }} {{ 'ab'[5:] }}|{{ [1,2,3,4][::2] }}",
      "el olleh [2, 3] |[1, 3]"
    ),
    (
      "{{ [3, 1] | first }} {{ [3, 1] | last }} {{ 'abc' | length }} {{ [1, 2] | join('-') }} "
        + "{{ 'ab' | list }}",
      "3 1 3 1-2 ['a', 'b']"
    ),
    (
      "{{ x | default('d') }} {{ '' | default('d') }}|{{ '' | default('d', true) }} "
        + "{{ '42' | int + 1 }} {{ 3 | string + '!' }}",
      "d |d 43 3!"
    ),
    ("{{ {'a': 1, 'b': [true, none, 'q\"']} | tojson }}", "{\"a\": 1, \"b\": [true, null, \"q\\\"\"]}"),
    ("{{ {'a': [], 'b': {}} | tojson(indent=2) }}", "{\n  \"a\": [],\n  \"b\": {}\n}"),
    ("{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;"),
    ("{% for k in {'a': 1} %}{{ k }}{% endfor %}{% for c in 'xy' %}{{ c }}.{% endfor %}", "ax.y."),
    (
      "{% for i in range(5) if i is odd %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% endfor %}",
      "1:1/2 2:3/2 "
    ),
    ("{% for i in [] %}x{% else %}none{% endfor %}{% for i in undefined_name %}x{% endfor %}", "none"),
    (
      "{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i > 3 %}{% break %}"
        + "{% endif %}{{ i }}{% endfor %}",
      "023"
    ),
    ("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}", "21"),
    (
      "{% set ns = namespace(n=0) %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
      "6"
    ),
    ("{% set a, b = [1, 2] %}{{ b }}{{ a }}{% set t %}<{{ a }}>{% endset %}{{ t }}", "21<1>"),
    (
      "{{ [1] is iterable }} {{ 'a' is string }} {{ {} is mapping }} {{ 1 is number }} "
        + "{{ none is none }} {{ 2 is even }}",
      "True True True True True True"
    ),
    (
      "{{ 3 is equalto 3 }} {{ 4 is divisibleby(2) }} {{ x is undefined }} {{ 1 is not none }}",
      "True True True True"
    ),
    ("{{ [{'r': 'u'}, {'r': 's'}] | selectattr('r', 'equalto', 's') | list | length }}", "1"),
    (
      "{{ [{'r': 'u'}, {'r': 's'}] | map(attribute='r') | join(',') }} "
        + "{{ ['a', 'b'] | map('upper') | list }}",
      "u,s ['A', 'B']"
    ),
    ("{{ \"it's\" ~ '\\t' ~ \"\\u00e9\" ~ '\\x41' }}", "it's\té\u{41}"),
    (
      "{{ {'a': {'b': 5}}.a.b }} {{ {'a': 1}['a'] }} {{ {'a': 1}.get('z', 9) }} {{ {}.x is defined }}",
      "5 1 9 False"
    ),
    ("{{ 'a\\nb' | indent(2) }}", "a\n  b"),
    ("a {#- gone -#} b{# x #}\nc", "abc"),
    ("  {% if true %}\n  x\n  {% endif %}\ny", "  x\ny"),
    ("a\n  {%+ if true %}b{% endif +%}\nc", "a\n  b\nc"),
    ("a \n {{- 'b' -}} \n c", "abc"),
    ("{% generation %}x{% endgeneration %}{{ {'a': {}} }}", "x{'a': {}}"),
    ("{%- macro f(x) %}unused{% endmacro -%}ok", "ok"),
    ("{{ strftime_now is defined }} {{ range is callable }} {{ 'a' is callable }}", "True True False"),
    (
      "{{ strftime_now('%d %b %Y') }}|{{ strftime_now('%A, %-d %B %y; %H:%M') }}",
      "26 Jul 2024|Friday, 26 July 24; 00:00"
    ),
  ]

  @Test("Expressions and tags mean what they mean in Jinja", arguments: cases)
  func language(source: String, expected: String) throws {
    #expect(try render(source) == expected)
  }

  static let faults: [(String, ChatTemplateError.Kind)] = [
    ("{{ 1 + }}", .syntax), ("{{ 'a }}", .syntax), ("{% if true %}x", .syntax), ("{% endif %}", .syntax),
    ("{% for x y %}{% endfor %}", .syntax), ("{# x", .syntax), ("{{ a b }}", .syntax),
    ("{{ [1, 2 }}", .syntax),
    ("{{ 99999999999999999999 }}", .syntax), ("{% break %}", .syntax), ("{{ ; }}", .syntax), ("{{", .syntax),
    ("{% include 'x' %}", .unsupported), ("{% import 'os' as os %}", .unsupported),
    ("{{ open('x') }}", .evaluation), ("{{ lipsum() }}", .unsupported),
    ("{{ 'x' | nosuchfilter }}", .unsupported), ("{{ 'x' | random }}", .unsupported),
    ("{{ 'x' is nosuchtest }}", .unsupported), ("{{ ''.__class__() }}", .evaluation),
    ("{{ nothing.x }}", .evaluation), ("{{ 1 / 0 }}", .evaluation), ("{{ 'a' + 1 }}", .evaluation),
    ("{{ 9223372036854775807 + 1 }}", .evaluation), ("{{ 1 < 'a' }}", .evaluation),
    ("{{ 'a'.split('') }}", .evaluation),
    ("{% set a, b = [1] %}", .evaluation), ("{% set x.y = 1 %}", .evaluation), ("{{ 1() }}", .evaluation),
    ("{{ strftime_now('%Q') }}", .unsupported), ("{{ strftime_now() }}", .evaluation),
    ("{{ [range] }}", .unsupported), ("{{ range }}", .unsupported),
    ("{{ raise_exception('no') }}", .refusedByTemplate),
  ]

  @Test("An error has its kind", arguments: faults)
  func refused(source: String, kind: ChatTemplateError.Kind) {
    let error = #expect(throws: ChatTemplateError.self) { try render(source) }
    #expect(error?.kind == kind, "\(error?.description ?? "no error")")
  }

  @Test("Values have no attributes that reach outside the interpreter")
  func noEscape() throws {
    #expect(
      try render("{{ ''.__class__ }}{{ [].__class__ is defined }}{{ ''.join.__self__ is defined }}")
        == "FalseFalse")
  }
}
