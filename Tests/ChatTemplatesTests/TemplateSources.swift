/// Templates in the form of the families' own: the same tags and filters, the same whitespace tricks, the
/// same prompts.
enum TemplateSources {
  static let chatML =
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    + "{{ '<|im_start|>system\\nBe brief.<|im_end|>\\n' }}{% endif %}"
    + "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
    + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

  static let llama2 = """
    {% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}\
    {% set system_message = messages[0]['content'] %}{% else %}{% set rest = messages %}\
    {% set system_message = false %}{% endif %}{% for message in rest %}\
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\
    {{ raise_exception('Roles must alternate user/assistant') }}{% endif %}\
    {% if loop.index0 == 0 and system_message != false %}\
    {% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}\
    {% else %}{% set content = message['content'] %}{% endif %}\
    {% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}\
    {% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}\
    {% endif %}{% endfor %}
    """

  static let llama3 =
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    + "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
    + "+ message['content'] | trim + '<|eot_id|>' %}"
    + "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    + "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"

  static let llama31 = """
    {{- bos_token }}
    {%- if custom_tools is defined %}
        {%- set tools = custom_tools %}
    {%- endif %}
    {%- if not date_string is defined %}
        {%- if strftime_now is defined %}
            {%- set date_string = strftime_now("%d %b %Y") %}
        {%- else %}
            {%- set date_string = "26 Jul 2024" %}
        {%- endif %}
    {%- endif %}

    {#- The system message gets a block of its own. #}
    {%- if messages[0]['role'] == 'system' %}
        {%- set system_message = messages[0]['content']|trim %}
        {%- set messages = messages[1:] %}
    {%- else %}
        {%- set system_message = "" %}
    {%- endif %}
    {{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
    {%- if tools is not none %}
        {{- "Functions:\\n" }}
        {%- for t in tools %}
            {{- t | tojson(indent=4) }}
            {{- "\\n\\n" }}
        {%- endfor %}
    {%- endif %}
    {{- "Today Date: " + date_string + "\\n\\n" }}
    {{- system_message }}
    {{- "<|eot_id|>" }}
    {%- for message in messages %}
        {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
            {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
            {{- message['content'] | trim }}
            {{- '<|eot_id|>' }}
        {%- elif 'tool_calls' in message %}
            {%- if not message.tool_calls|length == 1 %}
                {{- raise_exception("One call at a time!") }}
            {%- endif %}
            {%- set call = message.tool_calls[0].function %}
            {%- for arg_name, arg_val in call.arguments | items %}
                {{- arg_name + '="' + arg_val + '"' }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- endif %}
            {%- endfor %}
        {%- endif %}
    {%- endfor %}
    {%- if add_generation_prompt %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
    {%- endif %}

    """

  static let mistral =
    "{{ bos_token }}{% for message in messages %}"
    + "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    + "{{ raise_exception('Conversation roles must alternate') }}{% endif %}"
    + "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    + "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}"
    + "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"

  /// TinyLlama's is the same.
  static let zephyr = """
    {% for message in messages %}
    {% if message['role'] == 'user' %}
    {{ '<|user|>\\n' + message['content'] + eos_token }}
    {% elif message['role'] == 'system' %}
    {{ '<|system|>\\n' + message['content'] + eos_token }}
    {% elif message['role'] == 'assistant' %}
    {{ '<|assistant|>\\n'  + message['content'] + eos_token }}
    {% endif %}
    {% if loop.last and add_generation_prompt %}
    {{ '<|assistant|>' }}
    {% endif %}
    {% endfor %}
    """

  static let phi3 =
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') %}"
    + "{{'<|user|>' + '\\n' + message['content'] + '<|end|>' + '\\n' + '<|assistant|>' + '\\n'}}"
    + "{% elif (message['role'] == 'assistant') %}{{message['content'] + '<|end|>' + '\\n'}}"
    + "{% endif %}{% endfor %}"

  static let solar =
    "{% for message in messages %}{% if message['role'] == 'system' %}{% if message['content']%}"
    + "{{'### System:\\n' + message['content']+'\\n\\n'}}{% endif %}{% elif message['role'] == 'user' %}"
    + "{{'### User:\\n' + message['content']+'\\n\\n'}}{% elif message['role'] == 'assistant' %}"
    + "{{'### Assistant:\\n'  + message['content']}}{% endif %}"
    + "{% if loop.last and add_generation_prompt %}{{ '### Assistant:\\n' }}{% endif %}{% endfor %}"

  static let all: [(name: String, source: String)] = [
    ("ChatML", chatML), ("Llama 2", llama2), ("Llama 3", llama3), ("Llama 3.1", llama31),
    ("Mistral", mistral),
    ("Zephyr", zephyr), ("Phi-3", phi3), ("SOLAR", solar),
  ]
}
