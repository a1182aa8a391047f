# SPDX-License-Identifier: Apache-2.0
"""Chat templates for gen_recipes.py: in the shapes that families of models use, and ways out of a template."""

GOOD = {
    "chatml": ("The shape of ChatML.",
               "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% for message in messages %}"
               "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
               "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"),
    "llama3": ("The shape of Llama 3 with tools.",
               """{{- bos_token }}
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
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- The first message may be the system's. -#}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if builtin_tools is defined or tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{%- if builtin_tools is defined %}
    {{- "Tools: " + builtin_tools | reject('equalto', 'code_interpreter') | join(", ") + "\\n\\n"}}
{%- endif %}
{%- if tools is not none and not tools_in_user_message %}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
{%- endif %}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {%- if builtin_tools is defined and tool_call.name in builtin_tools %}
            {{- "<|python_tag|>" + tool_call.name + ".call(" }}
            {%- for arg_name, arg_val in tool_call.arguments | items %}
                {{- arg_name + '="' + arg_val + '"' }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- endif %}
            {%- endfor %}
            {{- ")" }}
        {%- else  %}
            {{- '{"name": "' + tool_call.name + '", ' }}
            {{- '"parameters": ' }}
            {{- tool_call.arguments | tojson }}
            {{- "}" }}
        {%- endif %}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""),
    "mistral": ("The shape of Mistral with tools.",
                """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("Roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}{{- ", " }}{%- endif %}
                {%- endfor %}
                {{- "}}" }}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("Tool call IDs should be 9 characters!") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- endif %}
{%- endfor %}
"""),
    "qwen25": ("The shape of Qwen 2.5 with tools.",
               """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are a helpful assistant.' }}
    {%- endif %}
    {{- "\\n\\n# Tools\\n\\nSignatures are within <tools></tools> XML tags:\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools>\\n\\n<tool_call>\\n{\\"name\\": <function-name>, \\"arguments\\": <args-json-object>}\\n</tool_call><|im_end|>\\n" }}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\\n<tool_call>\\n{"name": "' }}
            {{- tool_call.name }}
            {{- tool_call.arguments | tojson }}
        {%- endfor %}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
"""),
    "qwen3": ("The shape of Qwen 3, which hides old thoughts, and of its coder.",
              """{%- macro extra(json_dict, handled_keys) %}
    {%- if json_dict is mapping %}
        {%- for json_key in json_dict if json_key not in handled_keys %}
            {%- if json_dict[json_key] is mapping or (json_dict[json_key] is sequence and json_dict[json_key] is not string) %}
                {{- '\\n<' ~ json_key ~ '>' ~ (json_dict[json_key] | tojson | safe) ~ '</' ~ json_key ~ '>' }}
            {%- else %}
                {{- '\\n<' ~ json_key ~ '>' ~ (json_dict[json_key] | string) ~ '</' ~ json_key ~ '>' }}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
{%- endmacro %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- set reasoning_content = '' %}
    {%- if '</think>' in content %}
        {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
    {%- endif %}
    {%- if loop.index0 > ns.last_query_index %}
        {{- '<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
    {%- else %}
        {{- content }}
    {%- endif %}
{%- endfor %}
{%- for tool in tools %}
    {%- for param_name, param_fields in tool.parameters.properties|items %}
        {{- '\\n<name>' ~ param_name ~ '</name>' }}
        {{- extra(param_fields, ['name', 'type', 'description', 'enum', 'required']) }}
    {%- endfor %}
{%- endfor %}
{%- if enable_thinking is defined and enable_thinking is false %}
    {{- '<think>\\n\\n</think>\\n\\n' }}
{%- endif %}
"""),
    "gemma": ("The shape of Gemma.",
              "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
              "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
              "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
              "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
              "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
              "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}"),
    "phi": ("The shape of Phi.",
            "{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\\n' + message['content'] + '<|end|>\\n'}}"
            "{% elif message['role'] == 'user' %}{{'<|user|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'assistant' %}"
            "{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}"),
    "deepseek": ("The shape of DeepSeek with tool calls.",
                 "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
                 "{% set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='') %}"
                 "{%- for message in messages %}{%- if message['role'] == 'system' %}{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}"
                 "{{bos_token}}{{ns.system_prompt}}{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}"
                 "{{'<\uff5cUser\uff5c>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is none %}"
                 "{%- for tool in message['tool_calls']%}{%- if not ns.is_first %}{{'<\uff5ctool\u2581calls\u2581begin\uff5c>' + tool['type'] + "
                 "tool['function']['name'] + '\\n' + '```json' + '\\n' + tool['function']['arguments'] + '\\n' + '```'}}{%- set ns.is_first = true -%}"
                 "{%- endif %}{%- endfor %}{%- endif %}{%- if message['role'] == 'assistant' and message['content'] is not none %}"
                 "{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}"
                 "{{'<\uff5cAssistant\uff5c>' + content + eos_token}}{%- endif %}{%- endfor -%}{% if add_generation_prompt and not ns.is_tool %}"
                 "{{'<\uff5cAssistant\uff5c>'}}{% endif %}"),
}

BAD = {
    "cve_2024_34359": ("The published way out of llama-cpp-python's template.",
                       "{% for x in ().__class__.__base__.__subclasses__() %}{% if \"warning\" in x.__name__ %}"
                       "{{x()._module.__builtins__['__import__']('os').popen(\"true\").read()}}{%endif%}{% endfor %}"),
    "self": ("Through the template's own reference.", "{{ self._TemplateReference__context.cycler.__init__.__globals__.os.popen('true').read() }}"),
    "cycler": ("Through a helper of Jinja.", "{{ cycler.__init__.__globals__.os.popen('true').read() }}"),
    "lipsum": ("Through a function of Jinja.", "{{ lipsum.__globals__['os'].popen('true').read() }}"),
    "joiner": ("Through another helper.", "{{ joiner.__init__.__globals__.os }}"),
    "namespace": ("Through namespace.", "{{ namespace.__init__.__globals__.os }}"),
    "mro": ("Through the classes of a string.", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    "attr": ("By the attr filter.", "{{ ''|attr('__class__') }}"),
    "attr_joined": ("By the attr filter, the name in parts.", "{{ ''|attr('_'*2~'class'~'_'*2) }}"),
    "hex": ("The name in hexadecimal escapes.", "{{ messages['\\x5f\\x5fclass\\x5f\\x5f'] }}"),
    "octal": ("The name in octal escapes.", "{{ messages['\\137\\137class\\137\\137'] }}"),
    "unicode": ("The name in Unicode escapes.", "{{ messages['\\u005f\\u005fclass\\u005f\\u005f'] }}"),
    "adjacent": ("Literals that the parser joins.", "{{ messages['_' '_class_' '_'] }}"),
    "concat": ("The name is put together.", "{{ messages['_' ~ '_class_' ~ '_'] }}"),
    "sliced": ("An underscore cut out of a word.", "{% set u = 'a_b'[1:2] %}{{ messages[u * 2 ~ 'class' ~ u * 2] }}"),
    "replaced": ("Underscores put in by replace.", "{{ messages['AAclassAA'|replace('A', '_')] }}"),
    "reversed": ("A word read backwards.", "{{ messages['ssalc'|reverse|join] }}"),
    "token": ("The name stands in a special token.", "{{ messages[bos_token] }}"),
    "loop": ("The name comes out of a list.", "{% for k in ['_', 'x'] %}{{ messages[k] }}{% endfor %}"),
    "macro": ("The name goes through a macro.", "{% macro f(o, k) %}{{ o[k] }}{% endmacro %}{{ f(messages, '_' ~ '_class_' ~ '_') }}"),
    "namespace_attr": ("The name goes through a namespace.", "{% set n = namespace(k='_' ~ '_init_' ~ '_') %}{{ messages[n.k] }}"),
    "format": ("By str.format.", "{{ '{0.a.b}'.format(messages) }}"),
    "percent_c": ("Characters by their numbers.", "{{ messages['%c%cclass%c%c' % (95, 95, 95, 95)] }}"),
    "map_attribute": ("By the attribute of map.", "{{ [messages] | map(attribute='__class__') | list }}"),
    "map_filter": ("By map, which finds attr.", "{{ [messages] | map('attr', 'x') | list }}"),
    "selectattr": ("By selectattr.", "{{ [messages] | selectattr('_private') | list }}"),
    "frame": ("By a generator's frame.", "{{ messages.gi_frame.f_globals }}"),
    "import": ("Another template is imported.", "{% import 'os' as os %}{{ os }}"),
    "include": ("A file is read.", "{% include '/etc/passwd' %}"),
    "extends": ("A file is the base.", "{% extends '/etc/passwd' %}"),
    "flask": ("A global of a web framework.", "{{ config.items() }}"),
    "raw": ("Text behind which a tag hides.", "{% raw %}{{ ' {% endraw %}{{ x.__class__ }}"),
    "call": ("A value is called.", "{{ messages['pop']() }}"),
}
