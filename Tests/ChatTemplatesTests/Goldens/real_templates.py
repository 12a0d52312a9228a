#!/usr/bin/env python3
"""What jinja2 makes of chat templates and conversations, for RealTemplateTests.

usage: real_templates.py FOLDER < conversations.json      needs the PyPI package jinja2; templates are FOLDER/*.jinja

Prints {"template": {"conversation": text, or null where jinja2 raises an error}}.
"""
import json
import pathlib
import sys

from environment import TOKENS, environment


def render(template, chat):
    variables = {"tools": None, "documents": None, **TOKENS, **chat}
    try:
        return template.render(**variables)
    except Exception:
        return None


chats = json.load(sys.stdin)
result = {}
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja")):
    template = environment().from_string(path.read_text(encoding="utf-8"))
    result[path.name] = {name: render(template, chat) for name, chat in chats.items()}
json.dump(result, sys.stdout)
