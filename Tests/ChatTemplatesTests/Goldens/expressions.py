#!/usr/bin/env python3
"""What jinja2 makes of small templates: how expressions.json was made.

usage: expressions.py > expressions.json      needs the PyPI package jinja2, 3.1.6 or later

Prints {"variables": …, "templates": {source: text, or null where jinja2 raises an error}}.
"""
import json
import sys

from environment import TOKENS, environment

VARIABLES = {
    "s": "Hello World",
    "n": 42,
    "f": 3.75,
    "users": [
        {"name": "ann", "age": 31, "tags": ["x", "y"], "job": {"title": "Cook"}},
        {"name": "Bob", "age": 25, "tags": [], "job": {"title": "clerk"}},
        {"name": "cid", "age": 31, "tags": ["z"], "job": {"title": "Cook"}},
    ],
    "m": {"b": 2, "a": 1, "C": 3, "items": "shadowed", "x y": None},
    "words": ["pear", "Apple", "fig", "apple", "Fig"],
    "html": "<a href=\"x\">'&'</a>",
    "uni": "Straße ÉÀ ñ 日本 🙂 ǆ",
    "nested": {"a": [1, {"b": [True, None, 1.5, "q\"\n\t\\"]}]},
    "tree": [{"v": 1, "c": [{"v": 2, "c": [{"v": 3, "c": []}]}, {"v": 4, "c": []}]}],
    "big": 18446744073709551616,
}

# Expressions, written as outputs.
EXPRESSIONS = r"""
1 + 2 * 3 - 4
7 // 2, -7 // 2, 7 // -2, -7 % 3, 7 % -3, 7 / 2, 6 / 2
7.5 // 2, -7.5 // 2, 7.5 % 2, -7.5 % 2, 7.5 % -2, 0.1 + 0.2
2 ** 10, 2 ** -1, 2 ** 0.5, 2 ** 3 ** 2, -2 ** 2, (-2) ** 2
1e3, 1.5e-7, 1E5, 1e16, 1e15, 123456789012345680.0, 0.0001, 0.00001, 1_000, 0x1F, 0b101, 0o17, 1.0, 100.0
1e400, -1e400
big
big | string, big is number, big is integer
+5, -5, - 5 | abs, -5 | abs, -f, +f, -true
1 == 1.0, 1 == true, "a" == "a", none == none, [1] == [1], (1,) == [1], {"a": 1} == {"a": 1.0}, x == y
1 < 2 <= 2 < 3, 1 < 2 > 3, "a" < "b", [1, 2] < [1, 3], (1,) < (1, 2), 1.5 > 1
1 < "a"
none < 1
[1] < (1,)
1 in [1, 2], 3 not in [1, 2], "ell" in "hello", "a" in m, "z" in m, 1 in (1,), 2 in range(3), "" in "abc"
1 in "abc"
1 in 2
"a" ~ 1 ~ none ~ true ~ 1.5 ~ [1, "b"] ~ x
"a" + "b", [1] + [2], (1,) + (2,)
"a" + 1
[1] + (2,)
"ab" * 3, 3 * "ab", [1] * 2, "ab" * 0, "ab" * -1, (1, 2) * 2, true + true
"a" * "b"
not x, not 1, not "" and 1, none or "b", "a" and "b", 0 or "" or [], 1 and 0
"x" if false, "x" if true else "y", 1 if 0 else 2 if 0 else 3
("x" if false) is undefined
"a" "b" 'c', "it's", 'say "x"', "\t|\x41|\u00e9|\U0001F642|\101|\q|\\|a\
b"
[1, "a", none, true, 1.5, [2], {"k": "v"}, (1,), (1, 2), ()]
{"a": 1, 2: "b", none: 3, true: 4, (1, 2): 5, 1.5: 6}
{1: "a", true: "b", 1.0: "c"}
{[1]: 2}
{"a": 1}.a, {"a": 1}["a"], {1: 2}[1], {}.x is defined, {"a": {"b": 5}}.a.b, {"a": [1, 2]}.a.1, users.0.name, users[-1].name
m.items is callable, m["items"], m.get("items"), m.get("z", 9), m.get("z"), m.b, m["x y"]
m.items() | list, m.keys() | list, m.values() | list
m.items(), m.keys(), m.values()
m.items()[0] is defined, m.keys() | length, "a" in m.keys(), m.keys() is sequence, m.keys() is iterable
m.pop is defined, m.update is defined, [].append is defined, m.copy is defined
m.pop("a")
[1, 2].append(3)
m.clear()
[1, 2, 1].count(1), [1, 2].index(2), (1, 2).index(1), [1, 2].copy()
[1].index(5)
s[0], s[-1], s[1:3], s[::-1], s[-3:], s[:2], s[5:1], s[::3], s[99] is defined, s[1:99]
[1, 2, 3, 4][1:], [1, 2, 3, 4][::2], (1, 2, 3)[1:], range(10)[2:8:2], range(10)[3], range(5)[-1], [1, 2, 3][::-1]
[1][0:1:0]
range(3), range(1, 4), range(0, 10, 3), range(5, 0, -2), range(0) | list, range(3) | list, range(2) == range(2), range(3) | length
range(1, 10, 0)
range(100001)
range(99999) | length
s.upper(), s.lower(), s.title(), s.capitalize(), s.swapcase(), uni.upper(), uni.lower(), uni.title(), uni.casefold(), uni.capitalize()
" a ".strip() ~ "|", " a ".lstrip() ~ "|", " a ".rstrip() ~ "|", "xyaxy".strip("xy"), "abc".lstrip("a"), "abc".rstrip("c"), "abc".strip(none)
"a b  c ".split(), "a,b,c".split(","), "a,b,c".split(",", 1), "a,b,c".rsplit(",", 1), " a  b c ".split(none, 1), " a  b c ".rsplit(none, 1), "".split(), "".split(","), "a--b--".split("--")
"a".split("")
"a\nb\r\nc\n\nd".splitlines(), "a\nb\n".splitlines(true), "a\x0bb\u2028c".splitlines()
"a-b-c".partition("-"), "a-b-c".rpartition("-"), "abc".partition("-"), "abc".rpartition("-")
"hello".find("l"), "hello".rfind("l"), "hello".find("z"), "hello".index("l"), "hello".rindex("l"), "hello".find("l", 3), "hello".find("l", 4), "hello".count("l"), "aaa".count("aa"), "abc".count(""), "hello".find("", 9), "hello".find("", 5), "hello".rfind("l", 0, 3), "hello".find("o", -1)
"hello".index("z")
"abc".startswith("ab"), "abc".endswith("c"), "abc".startswith(("x", "a")), "abc".startswith("b", 1), "abc".endswith("b", 0, 2), "abc".startswith("")
"abc".startswith(1)
"abc".startswith(["a"])
"a-b-c".replace("-", "+"), "a-b-c".replace("-", "+", 1), "abc".replace("", "-"), "abc".replace("", "-", 2), "abc".replace("z", "y"), "aaa".replace("a", "b", -1), "abc".replace("b", "")
"5".zfill(3), "-5".zfill(4), "+5".zfill(4), "abc".zfill(2), "a".ljust(3, "*"), "a".rjust(3, "*"), "a".center(4, "*"), "ab".center(5, "*"), "a".ljust(3) ~ "|", "".center(3, "-")
"a".ljust(3, "ab")
"abc".removeprefix("a"), "abc".removesuffix("c"), "abc".removeprefix("x"), "abc".removesuffix("x"), "abc".removesuffix("")
"123".isdigit(), "12a".isdigit(), "".isdigit(), "²".isdigit(), "²".isdecimal(), "½".isnumeric(), "½".isdigit(), "abc".isalpha(), "ab1".isalnum(), " \t".isspace(), "abc".islower(), "ABC".isupper(), "Ab Cd".istitle(), "AB".istitle(), "a1".isidentifier(), "1a".isidentifier(), "é".isascii(), "abc".isascii(), "a\n".isprintable(), "1".islower(), "日本".isalpha()
"-".join(["a", "b"]), ",".join("abc"), "".join([]), "-".join(m)
"-".join([1])
"a\tb".expandtabs(4), "ab\tc\n\td".expandtabs()
"abc".translate({97: "x", 98: none, 99: 122})
"{} {}".format(1, "a"), "{1} {0}".format(1, 2), "{a} {b}".format(a=1, b=2), "{{}}".format(), "{0.name} {0[age]}".format(users[0]), "{0[1]}".format([1, 2]), "{!r} {!s}".format("a", "b"), "{:>5}|{:<5}|{:^5}|{:*^7}".format(1, 2, 3, "x"), "{:05d} {:+d} {:,} {:_} {: d}".format(42, 42, 1234567, 1234567, 5)
"{:.2f} {:8.3f} {:e} {:E} {:g} {:g} {:%} {:.1%} {:.3}".format(3.14159, 2.5, 12345.678, 0.00012, 1e10, 0.5, 0.25, 0.256, 3.14159)
"{:x} {:X} {:#x} {:o} {:b} {:#b} {:c}".format(255, 255, 255, 8, 5, 5, 65)
"{:10} {:<10}|{:>{w}}".format("ab", "cd", "e", w=4), "{:.2}".format("abcdef"), "{:s}".format("x"), "{}".format(none), "{}".format([1, "a"]), "{:5}|{:5}".format(true, 1.5)
"{} {1}".format(1, 2)
"{}".format()
"{x}".format(y=1)
"{:d}".format("a")
"{".format()
"{:,.2f}".format(1234567.891), "{:012.3f}".format(-3.14159), "{:=+8}".format(5)
"{a}".format_map({"a": 1})
"%s %s" % (1, "a"), "%s" % "x", "%d %i" % (3, 4.7), "%5d|%-5d|%05d|%+d|% d" % (1, 2, 3, 4, 5), "%.2f %f %e %g" % (1.239, 1.5, 12345.678, 0.0001), "%x %X %o %#x" % (255, 255, 8, 255), "%r %s" % ("a", none), "%%" % (), "%(a)s-%(b)03d" % {"a": 1, "b": 2}, "%c%c" % ("a", 66), "%10s|%-10s|%.2s" % ("a", "b", "cde"), "%s" % [1, 2], "%.3d" % 5, "%s" % {"a": 1}
"%s %s" % ("a",)
"%s" % ("a", "b")
"%d" % "a"
"%s" % ()
"%z" % 1
s | upper, s | lower, "hello wORLD-foo (bar) it's" | title, "hELLO w" | capitalize, " a " | trim ~ "|", "xax" | trim("x"), 5 | string + "!", none | upper, x | upper
s | replace("l", "L"), s | replace("l", "L", 2), 5 | replace("5", "6"), s | replace("o", 0)
"a\nb\n\nc" | indent, "a\nb" | indent(2), "a\nb" | indent(2, true), "a\n\nb" | indent(2, first=true, blank=true), "a\nb" | indent("> "), "a\n" | indent(2) ~ "|", "" | indent(2, true) ~ "|"
"ab" | center(6) ~ "|", "ab" | center(5) ~ "|", "abc" | center(2)
"foo bar baz qux" | truncate(9), "foo bar baz qux" | truncate(9, true), "foo bar baz qux" | truncate(11), "foo bar baz qux" | truncate(11, false, "..."), "foo bar baz qux" | truncate(9, true, "..", leeway=0), "short" | truncate, "foobarbazquxxxxxxxx" | truncate(9, false, "", 0)
"abc def" | truncate(2)
"a b c-d e_f" | wordcount, "" | wordcount
"the quick brown fox jumps" | wordwrap(10), "abcdefghijkl" | wordwrap(5), "abcdefghijkl xy" | wordwrap(5, false), "a b\nc d" | wordwrap(3, true, "|"), "well-known thing" | wordwrap(6)
"%s and %s" | format("a", "b"), "%(x)s" | format(x=1), "%d%%" | format(5)
html | e, html | escape, html | e | e, html | forceescape, html | e | forceescape, html | safe, html | striptags, "<!-- c --><b>x  y</b>&lt;" | striptags
("<" | e) + "<", "<" + ("&" | safe), ("<" | safe) ~ "<", (("a<" | safe) + "<") | upper, ("<b>" | safe).replace("b", "<"), ("%s" | safe) % "<", ("{}" | safe).format("<"), ("," | safe).join(["<", "b"]), ["<" | e]
("<" | e) is escaped, "<" is escaped, ("<" | safe)[0] is escaped, ("<a" | safe).split("a"), ("<" | safe) * 2 + ">", ("<b" | safe) | replace("b", ">")
{"a": 1, "b": none, "c": "<\">", "d": x} | xmlattr ~ "|", {"a": 1} | xmlattr(false)
{"a b": 1} | xmlattr
"a b/c?d=é&" | urlencode, {"a b": "c/d", "e": 1} | urlencode, [["k", "v w"], ("x", 2)] | urlencode, 5 | urlencode
[3, 1] | first, [3, 1] | last, "abc" | first, "abc" | last, [] | first is undefined, [] | last is undefined, m | first
[1, 2] | join("-"), "abc" | join(","), users | join(", ", attribute="name"), users | join("|", "job.title"), [] | join, ["<", "b"] | join("<"), [1, none, x] | join("-")
"ab" | list, m | list, (1, 2) | list, {} | list, x | list
5 | list
[1, 2, 3] | reverse | list, "abc" | reverse, m | reverse | list
"abc" | length, [1] | length, m | length, x | length, "é日🙂" | length, range(4) | count
5 | length
none | length
[1, 2] | map("string") | length
[1, 2, 3] | sum, users | sum(attribute="age"), [1.5, 2] | sum, [] | sum, [1] | sum(start=10), [[1], [2]] | sum(start=[])
["a"] | sum
range(7) | batch(3) | list, range(7) | batch(3, "x") | list, range(7) | slice(3) | list, range(7) | slice(3, "x") | list, [] | batch(2) | list
users | map(attribute="name") | list, users | map(attribute="job.title") | join(","), users | map("length") | list, ["a", "b"] | map("upper") | list, ["a b", "c"] | map("replace", "b", "x") | list, users | map(attribute="zip", default="?") | list, [[1, 2], [3]] | map("first") | list, users | map(attribute="tags.0", default="-") | list
range(6) | select("odd") | list, range(6) | reject("odd") | list, range(6) | select | list, range(6) | select("divisibleby", 3) | list, [1, none, 0, "a"] | select("string") | list, range(5) | select("gt", 2) | list, range(5) | select(">", 2) | list
users | selectattr("age", "equalto", 31) | map(attribute="name") | list, users | rejectattr("tags") | map(attribute="name") | list, users | selectattr("job.title", "eq", "Cook") | list | length, users | selectattr("zip", "defined") | list, users | selectattr("name", "in", ["Bob"]) | map(attribute="age") | first
(users | selectattr("age") | list | length), ([] | select) is sequence, ([] | select) is iterable, "yes" if [] | select else "no"
words | sort, words | sort(case_sensitive=true), words | sort(reverse=true), [3, 1, 2] | sort, users | sort(attribute="age") | map(attribute="name") | list, users | sort(attribute="age,name") | map(attribute="name") | list, users | sort(reverse=true, attribute="age") | map(attribute="name") | list, "bca" | sort, m | sort
[1, "a"] | sort
m | dictsort, m | dictsort(true), m | dictsort(reverse=true), {"a": 2, "b": 1} | dictsort(by="value"), {"a": 2, "b": 1} | dictsort(false, "value", true)
words | unique | list, words | unique(true) | list, users | unique(attribute="age") | map(attribute="name") | list, [1, 1.0, true, 2] | unique | list
users | groupby("age") | map("first") | list, users | groupby("job.title") | map("last") | map("length") | list, users | groupby("age") | map(attribute="grouper") | list, (users | groupby("age") | first).list | length, users | groupby("zip", default="none") | map("first") | list, ["b", "A", "a"] | groupby(0) | list
[3, 1, 2] | min, [3, 1, 2] | max, words | min, words | max, words | min(case_sensitive=true), users | max(attribute="age"), [] | min is undefined, "bca" | max
[1, "a"] | max
"42" | int, "4.9" | int, "x" | int, "x" | int(7), " 12 " | int, "0x1f" | int(0, 16), "1f" | int(base=16), "0b11" | int(0, 2), 4.9 | int, -4.9 | int, true | int, none | int(5), "1_000" | int, [] | int(3), "1e3" | int, "-7" | int
x | int
"4.5" | float, "x" | float, "x" | float(1.5), 3 | float, " 1e3 " | float, none | float, true | float
-5 | abs, (-5) | abs, (-1.5) | abs, true | abs
"a" | abs
42.55 | round, 42.55 | round(1), 42.55 | round(1, "floor"), 42.51 | round(1, "ceil"), 42 | round, 2.5 | round, 3.5 | round, -2.5 | round, 0.5 | round, 1.005 | round(2), 1234.5 | round(-2), 1234 | round(-2), 42.55 | round(0, "ceil"), 7 | round(1, "floor"), 2.675 | round(2)
"a" | round
1 | filesizeformat, 0 | filesizeformat, 999 | filesizeformat, 1000 | filesizeformat, 1300000 | filesizeformat, 1024 | filesizeformat(true), 123456789 | filesizeformat(binary=true), 1e30 | filesizeformat
x | default("d"), x | d("d"), "" | default("d"), "" | default("d", true), none | default("d"), none | default("d", boolean=true), x | default, 0 | default(1, true), m.zz | default("k")
m | attr("items") is callable, m | attr("b") is defined, s | attr("upper") is callable, x | attr("y")
nested | tojson, nested | tojson(indent=2), m | tojson(sort_keys=true), [1, 2] | tojson(separators=(",", ":")), {"a": [1]} | tojson(separators=(",", ":"), indent=1), uni | tojson, uni | tojson(ensure_ascii=true), html | tojson, (1, "a") | tojson, 1.0 | tojson, 1e20 | tojson, none | tojson, true | tojson, "\b\f\n\r\t\x01\x7f/" | tojson, {1: 2, none: 3, true: 4, 1.5: 5} | tojson, [] | tojson(indent=4), {} | tojson, [[], {}] | tojson(indent=2), [1] | tojson(indent="\t"), big | tojson, (html | safe) | tojson
x | tojson
[x] | tojson
range(3) | tojson
m.items() | tojson
[1] | map("string") | tojson
{(1, 2): 3} | tojson
"a" | pprint, {"b": 1, "a": [1, none]} | pprint
"\x7f\x00\u200b\u00a0\u2028é🙂'\"" | list | string
["it's", 'say "x"', "it's \"x\"", "a\\b", "\x1b", "\xad"]
1 is odd, 2 is even, 4 is divisibleby(2), 4 is divisibleby 3, 4 is divisibleby(num=2), -3 is odd, 1.5 is odd
"a" is odd
x is defined, n is defined, x is undefined, none is none, none is defined, 0 is none, x is none
true is true, 1 is true, false is false, 0 is false, true is boolean, 1 is boolean
1 is integer, true is integer, 1.0 is integer, 1.0 is float, 1 is float, 1 is number, true is number, "1" is number
"a" is string, 1 is string, m is mapping, [] is mapping, [] is sequence, "a" is sequence, m is sequence, 1 is sequence, () is sequence, x is sequence, [] is iterable, "a" is iterable, 1 is iterable, x is iterable, range(2) is sequence
"abc" is lower, "aBc" is lower, "ABC" is upper, "1" is lower, "" is lower, 5 is upper
1 is eq 1, 1 is equalto(2), 1 is ne 2, 1 is lt 2, 1 is lessthan(2), 1 is le(1), 2 is gt 1, 2 is greaterthan(1), 2 is ge(2), "a" is in("abc"), 1 is in [1, 2], 3 is not in [1, 2], 1 is sameas(1), none is sameas none, true is sameas true, 1 is sameas true
"upper" is filter, "nofilter" is filter, "odd" is test, "notest" is test
range is callable, s is callable, s.upper is callable, m.items is callable, dict is callable, x is callable
s is not string, s is not defined, not s is defined, s is string and n is number, s is not none and true
dict(a=1, b=2), dict({"a": 1}, b=2), dict([["a", 1], ("b", 2)]), dict()
dict(1)
namespace(a=1).a, namespace({"a": 1}, b=2).b, namespace().x is defined, namespace(a=1)["a"]
namespace(_a=1)
users[0].job["title"], users[0]["job"].title, users | length > 2, (users | first).name, users[1].tags[0] is defined
x.y
x["y"]
x()
x + 1
1 + x
x == 1, x != 1, x ~ "a", x in [1], 1 in x, x | length, x | list, x | string, [x], x | trim, x | first is undefined, x | join
-x
x < 1
none.x is defined, none["x"] is defined, n.x is defined, n["x"] is defined, s.nope is defined, [].nope is defined
none()
s()
none + "a"
1 / 0
1 % 0
0 ** -1
"".__class__ is defined, [].__class__ is defined, m.__class__ is defined, {"__a": 1}.__a
"".__class__.__mro__
s.format.__globals__
self is defined, self.nothing is defined
cycler("a", "b").next(), cycler("a").current
cycler()
joiner is callable
loop is defined, caller is defined, varargs is defined
users | map("nosuch") | list
s | nosuch
s is nosuch
nosuch(1)
s.nosuch()
s | upper(1)
s | indent(nosuch=1)
s | default(1, 2, 3)
"a" | replace("a")
strftime_now("%Y-%m-%d %H:%M:%S %B %b %A %a %j %p %I %y %d %m %%")
raise_exception("no")
(1,), (1, 2), (), [(1,)]
1,
[1, 2,], {"a": 1,}, (1, 2,)
1 if x is defined else 2, (1 if n else 2) + 1
{"a": 1 if true else 2, "b": [i for i in x]}
s[1:3] | upper ~ s[0] | lower
n ~ -n, n - -n, n --n
not not n, not (n is odd), n is odd or n is even
"é" == "e\u0301", "é" in ["e\u0301"], {"é": 1}["e\u0301"] is defined
uni | upper, uni | lower, uni | title, uni | length, uni[3:8], uni | reverse, uni.split()
"ΑΣ" | lower, "ß" | upper, "ŉ" | upper, "İ" | lower | length
"a\u00a0b c".split(), "\u00a0a\u3000".strip(), "\x1ca\x1f".strip() ~ "|"
"a" ~ "b" + "c" * 2, 1 + 2 ~ 3, "a" ~ 1 + 1
[1, 2, 3] | first + 1, [[3, 1], [2]] | map("sort") | list, [1, 2] | map("string") | join
""".strip("\n")

# Whole templates, `===` between them.
TEMPLATES = r"""
{{ x }}|{{ none }}|{{ true }}|{{ 1.0 }}|{{ s }}
===
{{ 1, 2 }}{{ (1) }}{{- ' a ' -}} {{ s }}
===
{{}}
===
{{ 1 + }}
===
{{ 'a }}
===
{% if n %}yes{% endif %}{% if x %}no{% elif n == 42 %}elif{% else %}else{% endif %}
===
  {% if true %}
  a
  {% endif %}
b
===
a
  {%+ if true %}b{% endif +%}
c
===
a {#- gone -#} b{# x #}
c {# y +#}
d
===
a
  {# comment #}
b
===
a  {%- if true -%}  b  {%- endif -%}  c
===
a {{- 'b' -}} c {{ 'd' -}}
e
===
{% for i in [1, 2, 3] %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}
===
{% for i in range(5) if i is odd %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% else %}none{% endfor %}
===
{% for i in [] %}x{% else %}none{% endfor %}{% for i in x %}y{% endfor %}
===
{% for k, v in m.items() %}{{ k }}={{ v }};{% endfor %}{% for k, v in m | items %}{{ k }}{% endfor %}{% for k in m %}{{ k }}{% endfor %}
===
{% for (a, b), c in [((1, 2), 3)] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% for a, in [(1,)] %}{{ a }}{% endfor %}
===
{% for a, b in [[1]] %}{% endfor %}
===
{% for i in 'ab' %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth }}{{ loop.depth0 }}{{ loop.length }};{% endfor %}
===
{% for i in range(5) %}{{ loop.cycle('a', 'b') }}{% endfor %}{% for i in [1, 1, 2, 2, 1] %}{{ loop.changed(i) }} {% endfor %}
===
{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{% if i > 3 %}{% break %}{% endif %}{{ i }}{% endfor %}
===
{% break %}
===
{% for i in tree recursive %}{{ i.v }}{% if i.c %}[{{ loop(i.c) }}]{% endif %}{{ loop.depth }}{% endfor %}
===
{% for i in [1, 2] %}{{ loop([1]) }}{% endfor %}
===
{% for i in [1, 2] %}{% for j in [1, 2] %}{{ i }}{{ j }}{{ loop.index }} {% endfor %}{{ loop.index }}{% endfor %}
===
{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 3 %}{% endif %}{{ x }}
===
{% set ns = namespace(n=0, t='') %}{% for i in range(4) %}{% set ns.n = ns.n + i %}{% set ns.t = ns.t ~ i %}{% endfor %}{{ ns.n }}{{ ns.t }}{{ ns.x is defined }}
===
{% set n.x = 1 %}
===
{% set ns = namespace() %}{% set ns._x = 1 %}
===
{% set a, b = [1, 2] %}{{ b }}{{ a }}{% set (c, d), e = (3, 4), 5 %}{{ c }}{{ d }}{{ e }}{% set t = 1, 2 %}{{ t }}
===
{% set ns = namespace() %}{% set ns.a, b = 1, 2 %}{{ ns.a }}{{ b }}
===
{% set t %}<{{ n }}>{% endset %}{{ t }}{% set u | upper | trim %} a{{ n }} {% endset %}{{ u }}{{ t is string }}
===
{% set true = 1 %}
===
{% macro f(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(1) }}|{{ f(1, 3) }}|{{ f(c=1, a=2) }}|{{ f(1, b=f(9)) }}|{{ f() }}
===
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(1, 2) }}
===
{% macro f(a) %}{{ a }}{% endmacro %}{{ f(b=2) }}
===
{% macro f(a, a2=a) %}{{ varargs }}{{ kwargs }}{{ a2 }}{% endmacro %}{{ f(1) }}{{ f(1, 2, 3, x=4) }}
===
{% macro f() %}{{ x }}{{ y }}{% endmacro %}{% set x = 1 %}{% set y = 2 %}{{ f() }}{% set x = 3 %}{{ f() }}
===
{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}
===
{% macro f() -%}  a  {%- endmacro %}[{{ f() }}]{{ f is callable }}{{ f.name }}{{ f }}
===
{% for i in [1, 2] %}{% macro f() %}{{ i }}{% endmacro %}{{ f() }}{% endfor %}
===
{% macro f(x) %}{% for i in x %}{{ i }}{{ g(i) }}{% endfor %}{% endmacro %}{% macro g(i) %}<{{ i }}>{% endmacro %}{{ f([1, 2]) }}{{ f('ab') | upper }}{{ [f([1])] }}
===
{% macro f() %}{{ caller() }}|{{ caller() }}{% endmacro %}{% call f() %}x{{ n }}{% endcall %}
===
{% macro f(items) %}{% for i in items %}{{ caller(i, loop.index) }}{% endfor %}{% endmacro %}{% call(i, k=0) f([5, 6]) %}{{ i }}-{{ k }};{% endcall %}
===
{% macro f() %}x{% endmacro %}{% call f() %}y{% endcall %}
===
{% macro f() %}{{ caller is defined }}{% endmacro %}{{ f() }}{% call f() %}{% endcall %}
===
{% call n %}{% endcall %}
===
{% filter upper %}a{{ s }}{% endfilter %}{% filter trim | replace('a', 'b') %} a {% endfilter %}{% filter indent(2) %}a
b{% endfilter %}
===
{% with a = 1, b = n %}{{ a }}{{ b }}{% set c = 3 %}{{ c }}{% endwith %}{{ a }}{{ c }}{% with %}{{ n }}{% endwith %}
===
{% set a = 1 %}{% with a = 2, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}
===
{% raw %}{{ x }} {% if %} {# c #}{% endraw %}|{%- raw -%}  a {{ b }}  {%- endraw -%}  |
===
a
  {% raw %}
  b
  {% endraw %}
c
===
{% raw %}x
===
{% block a %}A{{ n }}{% endblock %}{{ self.a() }}{% block b %}{% block c %}c{% endblock c %}{% endblock b %}
===
{% for i in [1, 2] %}{% block a scoped %}{{ i }}{% endblock %}{% endfor %}{% for i in [1, 2] %}{% block b %}{{ i }}{% endblock %}{% endfor %}
===
{% block a %}{% endblock %}{% block a %}{% endblock %}
===
{% block a %}{{ super() }}{% endblock %}
===
{% autoescape true %}{{ html }}{{ html | safe }}{{ html ~ (s | safe) }}{{ ['<', 'b' | safe] | join('&') }}{% set t %}<{{ '<' }}>{% endset %}{{ t }}{% endautoescape %}{{ html }}
===
{% macro f() %}<{{ html }}>{% endmacro %}{% autoescape true %}{{ f() }}{% endautoescape %}{{ f() }}
===
{% autoescape true %}{% macro f() %}<b>{% endmacro %}{{ f() }}{{ {'a': '<'} | xmlattr }}{{ ('<b' | safe) | replace('b', '>') }}{% endautoescape %}
===
{% generation %}x{{ n }}{% set y = 1 %}{% endgeneration %}{{ y }}
===
{% print n, s %}{% print 'a' ~ 'b' %}
===
{% include 'x' %}
===
{% import 'x' as y %}
===
{% extends 'x' %}
===
{% if false %}{% include 'x' %}{% endif %}ok
===
{% do [].append(1) %}
===
{% trans %}a{% endtrans %}
===
{% nosuch %}
===
{% if true %}x
===
{% endif %}
===
{% for x y %}{% endfor %}
===
{# x
===
{{ a b }}
===
{{ [1, 2 }}
===
{{ (1, 2] }}
===
{{ x | }}
===
{{ 007 }}
===
{% set gen = users | selectattr('age', 'eq', 31) %}{% for u in gen %}{{ u.name }}{% endfor %}|{% for u in gen %}{{ u.name }}{% endfor %}|{{ gen | list | length }}
===
{% set gen = [1, 2, 3] | map('string') %}{{ gen | first }}{{ gen | join }}{% if gen %}true{% endif %}
===
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.current }}
===
{% set j = joiner(', ') %}{% for i in range(3) %}{{ j() }}{{ i }}{% endfor %}{% set k = joiner() %}{{ k() }}{{ k() }}
===
{% set t = {'items': [1], 'keys': 2} %}{{ t['items'] }}{{ t.get('items') }}{{ t.items() | list }}{{ t['values'] is defined }}{{ t.nothing is defined }}
===
{% for g, list in users | groupby('age') %}{{ g }}:{{ list | map(attribute='name') | join(',') }};{% endfor %}
===
{% for key, value in m | dictsort %}{{ key }}{{ value }}{% endfor %}{% for a in m.items() %}{{ a }}{{ a.0 }}{{ a[1] }}{% endfor %}
===
{{ dict(a=1, **{'b': 2}) }}{{ '%s-%s' | format(*[1, 2]) }}{% macro f(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ f(*[1], **{'b': 2}) }}
===
{{ m.items.x is defined }}{{ m.items['x'] is defined }}{{ m.items == 'x' }}{% if m.items %}t{% endif %}
===
line one
line two
===
{{ '}}' }}{{ '%}' }}{{ {'a': {}} }}{{ "{{" }}{{ '{%' }}
===
{{-1}}{{+1}}{{ 1 -}}
===
{% set é = 1 %}{{ é }}
===
{% if s is string and n is number and (x is not defined or x is none) %}a{% endif %}{{ 'a' if s is string else 'b' }}
===
{% if x is nosuch %}{% endif %}
===
{% set content %}{% for u in users %}{{ u.name }}{% if loop.last %}!{% endif %}{% endfor %}{% endset %}{{ content | upper }}
===
{% for i in range(3) %}{% set t %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endset %}{{ t }}{% endfor %}
===
{{ users[0].tags + ['w'] }}{{ users[0] | length }}{{ users[0] == users[0] }}
===
{% macro a() %}{{ self is defined }}{% endmacro %}{{ a() }}
===
{% set loop = 5 %}{{ loop }}{% for i in [1] %}{{ loop.index }}{% endfor %}{{ loop }}
""".strip("\n")


def render(source):
    try:
        return environment().from_string(source).render(**TOKENS, **VARIABLES)
    except Exception:
        return None


sources = []
lines = EXPRESSIONS.replace("\\\n", "\\\0").split("\n")
for line in lines:
    sources.append("{{ " + line.replace("\0", "\n") + " }}")
sources += TEMPLATES.split("\n===\n")
json.dump(
    {"variables": VARIABLES, "templates": {source: render(source) for source in sources}},
    sys.stdout, ensure_ascii=False, indent=0)
sys.stdout.write("\n")
