using System.Text.Json.Nodes;
using QuantSuite.Models.Chat;
using QuantSuite.Numerics;
using Xunit;

namespace QuantSuite.Tests.Models;

/// <summary>Where templates are found, and that a hostile one ends in a ChatTemplateException with its line, in bounded time.</summary>
public class ChatTemplateTests
{
    private const string ChatMl = "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

    private static readonly ChatMessage[] Hello = [new("user", "Hello")];

    public static TheoryData<string> Hostile =>
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{{ 'a' * 2000000000 }}",
        "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ 9 ** 99999 }}",
        "{{ 'x' | center(2000000000) | length is gt 9000000 and raise_exception('too long') or raise_exception('cut') }}",
        "{{ '%2000000000d' % 1 }}",
        "{{ '{:>2000000000}'.format(1) }}",
        "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
        "{{ [[1] * 100000] * 100000 | length }}{{ ([1] * 1000000) * 1000000 }}",
        "{% set ns = namespace() %}{% set ns.me = [] %}{% for i in range(99999) %}{% set ns.me = [ns.me] %}{% endfor %}{{ ns.me }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].clear() }}",
        "{% include 'x' %}", "{% import 'x' as y %}", "{% extends 'x' %}",
        "{{ lipsum() }}", "{{ self._x() }}", "{{ 1 if }}", "{{ [1, }}", "{% for %}", "{% set 1 = 2 %}", "{# open", "{% raw %}", "{{ 'open }}",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void AHostileTemplateIsRefusedWithItsLine(string template)
    {
        var refusal = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("\n" + template).Render(Hello));
        Assert.True(refusal.Line is 2, refusal.Message);
    }

    [Fact]
    public void DeepNestingIsRefused()
    {
        foreach (string template in (string[])[
            "{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}",
            "{{ " + string.Concat(Enumerable.Repeat("-", 100_000)) + "1 }}",
            string.Concat(Enumerable.Repeat("{% if 1 %}", 100_000)),
            "{% set " + new string('(', 100_000),
        ])
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template).Render(Hello));
    }

    [Fact]
    public void LongChainsEndInAResultOrARefusal()
    {
        string chain = "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 100_000)) + " }}";
        Exception? refusal = Record.Exception(() => ChatTemplate.Parse(chain).Render(Hello));
        Assert.True(refusal is null or ChatTemplateException, refusal?.ToString());
    }

    [Fact]
    public void ChangedTemplatesNeverCrash()
    {
        const string template = "{% set ns = namespace(n=0) %}{% macro m(a, b=[1, 'x']) -%}{{ a|upper ~ b[0:1]|tojson }}{%- endmacro %}"
            + "{% for i in messages if i.role is string %}{{ m(i.role) }}{{ loop.index % 2 }}{% set ns.n = ns.n + 1 %}{% else %}none{% endfor %}{{ {'a': ns.n}.a }}";
        var random = new SeededRandom(11);
        const string letters = "{}%#()[]'\"|.,:=~+-*/ \nabin0129_";
        for (int i = 0; i < 3000; i++)
        {
            char[] changed = template.ToCharArray();
            for (int changes = 1 + i % 3; changes > 0; changes--)
                changed[(int)(random.NextDouble() * changed.Length)] = letters[(int)(random.NextDouble() * letters.Length)];
            Exception? refusal = Record.Exception(() => ChatTemplate.Parse(new string(changed)).Render(Hello));
            Assert.True(refusal is null or ChatTemplateException, $"{new string(changed)}: {refusal}");
        }
    }

    [Fact]
    public void AFoldersTemplateIsFound()
    {
        using var folder = new TestFolder();
        Assert.Contains("has no chat template", Assert.Throws<ChatTemplateException>(() => ChatTemplate.Load(folder.Path)).Message, StringComparison.Ordinal);
        var config = new JsonObject { ["chat_template"] = ChatMl, ["eos_token"] = new JsonObject { ["content"] = "</s>" } };
        File.WriteAllText(folder["tokenizer_config.json"], config.ToJsonString());
        Assert.Equal("<|user|>Hello</s><|assistant|>", ChatTemplate.Load(folder.Path).Render(Hello));
        File.WriteAllText(folder["chat_template.jinja"], "{{ eos_token }}!");
        Assert.Equal("</s>!", ChatTemplate.Load(folder.Path).Render(Hello));
    }

    [Fact]
    public void AListOfTemplatesIsChosenFromByName()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder["tokenizer_config.json"], """{"chat_template": [{"name": "default", "template": "a"}, {"name": "tool_use", "template": "b"}]}""");
        Assert.Equal("a", ChatTemplate.Load(folder.Path).Render(Hello));
        Assert.Equal("b", ChatTemplate.Load(folder.Path, "tool_use").Render(Hello));
        Assert.Contains("default, tool_use", Assert.Throws<ChatTemplateException>(() => ChatTemplate.Load(folder.Path, "rag")).Message, StringComparison.Ordinal);
        File.WriteAllText(folder["tokenizer_config.json"], "{");
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Load(folder.Path));
    }

    [SkippableFact]
    public void AGgufFileAndItsFolderGiveTheSameText()
    {
        string folder = Goldens.RequireShared("models/smollm2-135m-instruct");
        string gguf = Directory.GetFiles(folder, "*.gguf").Single();
        Assert.Equal(ChatTemplate.Load(folder).Render(Hello), ChatTemplate.Load(gguf).Render(Hello));
    }

    [Fact]
    public void TheClockIsFixedUnlessGiven()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ strftime_now('%d %b %Y') }}");
        Assert.Equal("26 Jul 2024", template.Render(Hello));
        Assert.Equal("01 Feb 2003", template.Render([], false, clock: new DateTime(2003, 2, 1)));
    }
}
