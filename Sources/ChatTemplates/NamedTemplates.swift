/// Templates for models whose file has none or a broken one, by the name of the format.
package enum NamedTemplates {
  /// Jinja by name.
  package static let sources = [
    "chatml": """
    {%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
    """,
    "command-r": """
    {%- set names = {'system': 'SYSTEM', 'user': 'USER', 'assistant': 'CHATBOT'} %}
    {%- for message in messages %}
    {{- '<|START_OF_TURN_TOKEN|><|' + names[message.role] + '_TOKEN|>' + message.content | trim }}
    {{- '<|END_OF_TURN_TOKEN|>' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>' }}{% endif %}
    """,
    "gemma": """
    {{ bos_token }}
    {%- for message in messages %}
    {%- if message.role == 'system' %}{{ raise_exception('Gemma has no system messages') }}{% endif %}
    {{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' }}
    {{- message.content | trim + '<end_of_turn>\\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
    """,
    "llama2": """
    {%- set system = namespace(text='') %}
    {%- for message in messages %}
    {%- if message.role == 'system' %}
    {%- set system.text = '<<SYS>>\\n' + message.content + '\\n<</SYS>>\\n\\n' %}
    {%- elif message.role == 'user' %}
    {{- bos_token + '[INST] ' + (system.text + message.content) | trim + ' [/INST]' }}
    {%- set system.text = '' %}
    {%- else %}
    {{- ' ' + message.content | trim + ' ' + eos_token }}
    {%- endif %}
    {%- endfor %}
    """,
    "llama3": """
    {{- bos_token }}
    {%- for message in messages %}
    {{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + '<|eot_id|>' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}
    """,
    "mistral": """
    {{- bos_token }}
    {%- set system = namespace(text='') %}
    {%- for message in messages %}
    {%- if message.role == 'system' %}
    {%- set system.text = message.content + '\\n\\n' %}
    {%- elif message.role == 'user' %}
    {{- '[INST] ' + system.text + message.content + ' [/INST]' }}
    {%- set system.text = '' %}
    {%- else %}
    {{- ' ' + message.content + eos_token }}
    {%- endif %}
    {%- endfor %}
    """,
    "phi3": """
    {{- bos_token }}
    {%- for message in messages %}
    {{- '<|' + message.role + '|>\\n' + message.content + '<|end|>\\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}
    """,
    "zephyr": """
    {%- for message in messages %}
    {{- '<|' + message.role + '|>\\n' + message.content + eos_token + '\\n' }}
    {%- endfor %}
    {%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}
    """,
  ]
}
