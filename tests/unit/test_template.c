/* SPDX-License-Identifier: Apache-2.0 */
#include "scanners/model/template.h"

#include "assay/buf.h"
#include "tests/lib/tap.h"

static const char *danger(const char *text)
{
	size_t len = strlen(text), at = 0;
	char *exact = malloc(len ? len : 1);

	if (!exact)
		abort();
	memcpy(exact, text, len);
	const char *why = ay_template_danger(ay_cursor_of(exact, len, 0), &at);

	free(exact);
	return why ? why : "";
}

static void good(void)
{
	static const char *const texts[] = {
		"", "no tag", "{# note #}", "{ } {a} %}", "{{ 'a' }}", "{{- bos_token -}}", "{%+ if tools +%}x{% endif %}",
		"{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}",
		"{{ messages[0]['content'][1:-1] | trim }}", "{{ messages[loop.index0 - 1].role }}", "{{ messages[-1] }}",
		"{% set ns = namespace(i=0, found=false) %}{% set ns.i = ns.i + 1 %}{{ messages[ns.i] }}",
		"{% set idx = (messages|length - 1) - loop.index0 %}{{ messages[idx].role }}",
		"{% for k, v in tools[0].items() if k != 'return' %}{{ tools[0][k] | tojson(indent=4) }}{% endfor %}",
		"{% macro f(a, b='x') %}{{ a[0] ~ b }}{% endmacro %}{{ f(messages) }}{{ f(messages, 'y') }}",
		"{{ g(1) }}{% macro g(n) %}{% if n %}{{ g(n - 1) }}{% endif %}{% endmacro %}",
		"{% if x is defined and x is not none %}{{ x }}{% elif not tools %}{% else %}{% endif %}",
		"{% for m in messages %}{% if loop.last %}{% break %}{% endif %}{% continue %}{% else %}none{% endfor %}",
		"{% generation %}{{ messages[0].content }}{% endgeneration %}", "{% set t %}text{% endset %}{{ t }}",
		"{{ messages | selectattr('role', 'equalto', 'user') | list | length }}", "{{ tools | map(attribute='function.name') | join(', ') }}",
		"{{ tools | map('upper') | list }}", "{{ messages|groupby('role') }}", "{{ messages[0].content.split('</think>')[-1].lstrip('\\n') }}",
		"{{ raise_exception('no') }}", "{% set user_name = 'a_b' %}{{ user_name.replace('-', '_') }}", "{{ 'it\\'s' ~ \"\\\"\" }}",
		"{{ x if messages is string else (messages[0] if messages is mapping else '') }}{% set x = 1 %}",
		"{{ {'a': {'b': [1, 2.5, (3,)]}} | tojson }}", "{{ strftime_now('%d %b %Y') }}", "{% if 'a' in messages[0] and messages[0]['a'] not in ['x'] %}{% endif %}",
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(texts); i++)
		is_str(danger(texts[i]), "", "%s", texts[i]);
}

/* Ways out of a template that are known, and their variations. */
static void bad(void)
{
	static const char *const texts[] = {
		"{% for x in ().__class__.__base__.__subclasses__() %}{% if \"warning\" in x.__name__ %}{{x()._module.__builtins__['__import__']('os')}}{% endif %}{% endfor %}",
		"{{ self._TemplateReference__context.cycler.__init__.__globals__.os.popen('id').read() }}", "{{ ''.__class__.__mro__[1] }}",
		"{{ cycler.__init__.__globals__ }}", "{{ lipsum.__globals__['os'] }}", "{{ lipsum }}", "{{ joiner }}", "{{ self }}", "{{ config.items() }}",
		"{{ request.application }}", "{{ url_for.globals }}", "{{ ()|attr('x') }}", "{{ ''|attr('__cl' 'ass__') }}", "{{ x['_' '_class_' '_'] }}",
		"{{ messages['__cl' ~ 'ass__'] }}", "{{ messages['\\x5f\\x5fclass'] }}", "{{ messages['\\137'] }}", "{{ messages['\\N{LOW LINE}'] }}",
		"{{ messages['\\u005f'] }}", "{% set u = 'a_b'[1] %}{{ messages[u + u + 'class' + u + u] }}", "{% set u = 'a_b'[1] * 2 %}{{ messages[u] }}",
		"{{ messages['AAclassAA'|replace('A', '_')] }}", "{{ messages['AclassA'.replace('A', '_' * 2)] }}", "{{ messages[('_', '_')|join] }}",
		"{% for k in ['a_'] %}{{ messages[k] }}{% endfor %}", "{{ messages[bos_token] }}", "{{ messages['%s%s' % ('_', 'x')] }}",
		"{{ messages['%c'] }}", "{{ '{0.x}'.format(messages) }}", "{{ messages.format('x') }}", "{{ '{0.x}'|format(messages) }}", "{{ messages | map('attr', 'x') }}",
		"{{ messages | map(attribute='__class__') }}", "{{ messages | map(attribute='a' ~ 'b') }}", "{{ messages | map(attribute='_x') }}",
		"{{ messages | map('x' ~ 'y') }}", "{{ messages | map('map', attribute='x', a='y') | map('map', 'x') }}",
		"{{ messages | selectattr('a._b') }}", "{{ messages | selectattr(bos_token) }}", "{{ messages | groupby('_x') }}", "{{ messages | sum(eos_token) }}",
		"{{ messages | sort(false, false, eos_token) }}", "{{ messages | join(', ', eos_token) }}", "{{ messages.gi_frame.f_globals }}", "{{ messages['mro'] }}",
		"{{ messages._private }}", "{{ messages.x() }}", "{{ messages['x']() }}", "{{ messages() }}", "{{ (messages)() }}", "{{ messages | trim() () }}",
		"{% import 'a' as b %}", "{% from 'a' import b %}", "{% include 'a' %}", "{% extends 'a' %}", "{% block a %}{% endblock %}", "{% raw %}{% endraw %}",
		"{% call f() %}{% endcall %}", "{% filter upper %}{% endfilter %}", "{% do x %}", "{% with a = 1 %}{% endwith %}", "{% autoescape true %}{% endautoescape %}",
		"{% set range = messages %}{{ range() }}", "{% set f = messages %}{{ f() }}", "{% macro f() %}{% endmacro %}{% set f = messages %}{{ f() }}",
		"{% macro f(k) %}{{ messages[k] }}{% endmacro %}{{ f('a' ~ 'b') }}", "{{ f('a' ~ 'b') }}{% macro f(k) %}{{ messages[k] }}{% endmacro %}",
		"{% macro f(k) %}{{ messages[k] }}{% endmacro %}{{ f(k='a' ~ 'b') }}", "{% macro f(k='a_') %}{{ messages[k] }}{% endmacro %}{{ f() }}",
		"{% set n = namespace(k='a_') %}{{ messages[n.k] }}", "{% set n = namespace() %}{% set n.k = 'a_' %}{{ messages[n.k] }}",
		"{% set n = namespace({'k': 'a_'}) %}{{ messages[n.k] }}", "{% set d = dict(k='a_') %}{{ messages[d.k] }}", "{% set k %}a_{% endset %}{{ messages[k] }}",
		"{% set l = [] %}{% set x = l.append('a_') %}{{ messages[l[0]] }}", "{% set l = [] %}{% set b = l %}{% set x = l.append('a_') %}{{ messages[b[0]] }}",
		"{% for m in messages %}{{ m[k] }}{% set k = j %}{% set j = 'a_' %}{% endfor %}", "{{ messages[namespace()|string] }}",
		"{% for x in ['a_'] %}{{ messages[loop.nextitem] }}{% endfor %}", "{% macro a_b() %}{% endmacro %}{{ messages[a_b.name] }}",
		"{{ messages[dict(a_b=1) | first] }}", "{% for k in messages[0] %}{{ messages[k[4] + k] }}{% endfor %}", "{{ messages[tools[0].name[4] * 2] }}",
		"{{ messages[tools | lower] }}", "{{ messages[tools | sum(start=tools[0])] }}",
		"{{ unknown_thing }}", "{{ caller() }}", "{{ varargs }}", "{{ f(*messages) }}", "{{ dict(**messages) }}", "{{ messages.cl\xc3\xa4ss }}",
		"{{ messages.\xef\xbd\x83lass }}", "{{ 'a", "{{ a", "{% if tools %}", "{% endif %}", "{# x", "{{ ) }}", "{{ (] }}", "{{ a b }}", "{{ 1 2 }}", "{{ }}",
		"{{ tools | e('x') | unknown }}", "{{ tools is unknown }}", "{% else %}", "{% break %}", "{% for _x.y in tools %}{% endfor %}", "{{ 0x5f }}", "{{ a; b }}",
		"{% set x._y = 1 %}", "{% set loop = 1 %}", "{% for range in tools %}{% endfor %}", "{% macro range() %}{% endmacro %}", "{% macro f(a) %}{% endmacro %}{% macro f(b) %}{% endmacro %}",
		"{{ tools | safe.x }}", "{{ \"\\_\\_class\" }}", "{% if x is defined %}{{ x.__class__ }}{% endif %}", "{% if lipsum is defined %}{{ lipsum }}{% endif %}",
	};

	for (size_t i = 0; i < AY_ARRAY_LEN(texts); i++)
		ok(*danger(texts[i]), "refused: %s", texts[i]);
}

/* Nested to a depth at which a reader without a limit would die. */
static void deep(void)
{
	static const char *const parts[] = {"(", "[", "{", "{% if tools %}", "tools is in ", "- ", "not ", "1 if 1 else ", "tools[", "f("};

	for (size_t i = 0; i < AY_ARRAY_LEN(parts); i++) {
		struct ay_buf b = ay_buf_new(4 * MIB);

		ay_buf_adds(&b, "{{ ");
		for (int n = 0; n < 50000; n++)
			ay_buf_adds(&b, parts[i]);
		ok(*danger(ay_buf_str(&b)), "50000 times %s", parts[i]);
		ay_buf_free(&b);
	}
}

/* No proper beginning of a tag is a template. */
static void cuts(void)
{
	struct ay_buf b = ay_buf_new(100);

	ay_buf_adds(&b, "{% if 'a' in messages[0]['b'] | trim %}");
	for (size_t len = b.len - 1; len >= 2; len--) {
		b.data[len] = 0;
		ok(*danger(ay_buf_str(&b)), "cut at %zu", len);
	}
	ay_buf_free(&b);
}

int main(void)
{
	good();
	bad();
	deep();
	cuts();
	return done_testing();
}
